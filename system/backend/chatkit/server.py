"""The ChatKit server: the SDK keeps the protocol, the chat service makes the answers.

An answer is one assistant item, streamed as it comes. The chat service stores it, complete or
interrupted, whatever becomes of the stream; so nothing is left for the SDK to rescue when a client
disconnects, and its own notes about cancelled streams are not wanted.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ChatKitReq,
    ClientEffectEvent,
    ErrorEvent,
    FeedbackKind,
    ProgressUpdateEvent,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadsCreateReq,
    ThreadStreamEvent,
    UserMessageItem,
    is_streaming_req,
)
from pydantic import TypeAdapter

from system.backend.agent.bridge import ToolBegan, ToolUse
from system.backend.chat import Answered, ChatService, Failed, TextDelta, title_for
from system.backend.chatkit.threads import Caller, ThreadStore, answer_item, text_of
from system.errors import NotFound, ServiceError, ValidationFailed
from system.store import Store as Database
from system.store import threads
from system.store.schemas import Feedback, MessageView

# The client effect that tells a page to read its tasks and projects again.
TASKS_CHANGED = "tasks_changed"

_log = logging.getLogger(__name__)
# The SDK makes it anew for each request, which takes longer than most answers.
_REQUEST: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)


class AssistantServer(ChatKitServer[Caller]):
    """Answers in the callers' threads.

    Args:
        database: Where threads are kept.
        chat: Makes the answers.
    """

    def __init__(self, database: Database, chat: ChatService) -> None:
        super().__init__(ThreadStore(database))
        self._database = database
        self._chat = chat
        _quieten()

    async def process(
        self, request: str | bytes | bytearray, context: Caller
    ) -> StreamingResult | NonStreamingResult:
        """Answer a request as the SDK does.

        Raises:
            ValidationError: It is not one of the protocol's.
        """
        parsed = _REQUEST.validate_json(request)
        if isinstance(parsed, ThreadsCreateReq):
            context.title = title_for(text_of(parsed.params.input))
        if is_streaming_req(parsed):
            return StreamingResult(self._process_streaming(parsed, context))
        return NonStreamingResult(await self._process_non_streaming(parsed, context))

    async def respond(
        self,
        thread: ThreadMetadata,
        input_user_message: UserMessageItem | None,
        context: Caller,
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Stream the answer to a message of the person.

        Raises:
            NotFound: There is no message to answer.
            CustomStreamError: The answer broke off; with the reason, and permission to retry.
        """
        if input_user_message is None:
            raise NotFound()
        if thread.title is None:
            # The SDK sees the change, stores it and tells the client.
            thread.title = title_for(text_of(input_user_message))
            # Naive where the SDK has just made it.
            thread.created_at = thread.created_at.astimezone(UTC)
        yield ProgressUpdateEvent(text="Thinking")
        asked = await self._chat.asked(
            context.subject, UUID(thread.id), UUID(input_user_message.id)
        )
        turn = self._chat.begin(context.subject, asked)
        context.turns.append(turn)
        item_id = str(turn.message_id)
        shown = False
        async for event in turn.events():
            if isinstance(event, ToolBegan):
                yield ProgressUpdateEvent(text=f"Using {event.name}")
            elif isinstance(event, ToolUse):
                if event.changed:
                    yield ClientEffectEvent(name=TASKS_CHANGED, data={"tool": event.name})
            elif isinstance(event, TextDelta):
                if not shown:
                    shown = True
                    for opening in _opening(item_id, thread.id):
                        yield opening
                yield ThreadItemUpdatedEvent(
                    item_id=item_id,
                    update=AssistantMessageContentPartTextDelta(content_index=0, delta=event.text),
                )
            elif isinstance(event, Answered | Failed):
                if event.message is not None:
                    for closing in _closing(event.message, thread.id):
                        yield closing
                if isinstance(event, Failed):
                    raise CustomStreamError(event.error.message, allow_retry=True)

    async def prepare_retry(self, thread_id: UUID, item_id: UUID, context: Caller) -> None:
        """Check that an item can be answered again, and end what is being answered in its thread.

        That answer will be deleted with all else that follows the item; were it still under way,
        or its client gone so lately that it does not know, it would come back behind the new one.

        Raises:
            NotFound: It is not in a thread of the caller's.
            ValidationFailed: It is not a message of the person.
        """
        item = await self.store.load_item(str(thread_id), str(item_id), context)
        if not isinstance(item, UserMessageItem):
            raise ValidationFailed(details={"item_id": "must be a message of the user"})
        await self._chat.stop(context.subject, thread_id)

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: Caller
    ) -> None:
        """Note what the caller thinks of items.

        Raises:
            NotFound: One of them is not in a thread of the caller's.
        """
        async with self._database.user_session(context.subject.user_id) as session:
            await threads.rate_items(
                session,
                conversation_id=UUID(thread_id),
                message_ids={UUID(each) for each in item_ids},
                feedback=Feedback(feedback),
            )

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: Caller
    ) -> None:
        """Leave it to the turn, which stores its part when the response closes it."""

    async def frames(self, result: StreamingResult) -> AsyncIterator[bytes]:
        """The stream's frames; a failure before the first event ends it in an error event."""
        try:
            async for frame in result:
                yield frame
        except ServiceError as error:
            _log.info("chatkit stream ended early", extra={"error": error.code})
            event = ErrorEvent(message=error.message, allow_retry=error.retry_after is not None)
            yield b"data: " + event.model_dump_json(exclude_none=True).encode() + b"\n\n"


def _opening(item_id: str, thread_id: str) -> tuple[ThreadStreamEvent, ...]:
    item = AssistantMessageItem(
        id=item_id, thread_id=thread_id, created_at=datetime.now(UTC), content=[]
    )
    part = AssistantMessageContentPartAdded(
        content_index=0, content=AssistantMessageContent(text="")
    )
    return ThreadItemAddedEvent(item=item), ThreadItemUpdatedEvent(item_id=item_id, update=part)


def _closing(message: MessageView, thread_id: str) -> tuple[ThreadStreamEvent, ...]:
    item = answer_item(message, thread_id)
    part = AssistantMessageContentPartDone(content_index=0, content=item.content[0])
    return ThreadItemUpdatedEvent(item_id=item.id, update=part), ThreadItemDoneEvent(item=item)


def _quieten() -> None:
    """Send the SDK's log the way of all others, whose formatter withholds what it quotes.

    With LOG_LEVEL in the environment it installs a handler of its own.
    """
    logger = logging.getLogger("chatkit")
    logger.handlers[:] = []
    logger.setLevel(logging.WARNING)
