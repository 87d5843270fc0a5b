"""The chat service: history in, agent, history out; shared by every chat surface.

Three separate steps, so that no database connection is held while the agent runs: the message is
stored and the history read in one short transaction, the agent runs with nothing held, the answer
is stored in another. The user's message is kept even if the agent fails, and the assistant's
partial answer is kept, marked as interrupted, even if its client left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import anyio

from system.backend.agent.agent import Assistant
from system.backend.agent.bridge import BoundTools, ToolBegan, ToolUse
from system.backend.agent.call_keys import CallKeys
from system.backend.agent.connection import McpConnection
from system.errors import MAX_DETAILS, RateLimited, ServerError, ServiceError, Unavailable
from system.identity import Subject, TokenExchange
from system.store import Store, conversations, turns
from system.store.models import new_id
from system.store.schemas import MAX_MESSAGE, MAX_TITLE, MessageRole, MessageView

_NO_ANSWER = "(no answer)"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer is complete and stored; the pieces were its text."""

    message: MessageView
    uses: tuple[ToolUse, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer broke off; what had been said by then is stored, if anything was."""

    error: ServiceError
    message: MessageView | None


ChatEvent: TypeAlias = ToolBegan | ToolUse | TextDelta | Answered | Failed


@dataclass(frozen=True, slots=True)
class Asked:
    """A stored message of the user, with the conversation that it ends.

    Attributes:
        conversation_id: Where it stands.
        history: The conversation up to it.
        question_id: The message, where it was asked with a key and may be asked again.
        earlier: Its answer, if it was asked before and there is one.
    """

    conversation_id: UUID
    history: Sequence[MessageView]
    question_id: UUID | None = None
    earlier: Answered | None = None


class Turn:
    """An answer under way, in a task of its own; the code that starts it closes it.

    Attributes:
        message_id: The id that the answer has, or will have.
    """

    def __init__(self, message_id: UUID, events: asyncio.Queue[ChatEvent | None]) -> None:
        self.message_id = message_id
        self._events = events
        self._task: asyncio.Task[None] | None = None

    def run(self, task: asyncio.Task[None]) -> None:
        """Note the task that makes the answer."""
        self._task = task

    async def events(self) -> AsyncIterator[ChatEvent]:
        """Yield the events, `Answered` or `Failed` last; texts that have come by then are one."""
        while (event := await self._events.get()) is not None:
            pieces: list[str] = []
            while isinstance(event, TextDelta):
                pieces.append(event.text)
                if self._events.empty():
                    break
                event = self._events.get_nowait()
            if pieces:
                yield TextDelta("".join(pieces))
            if event is None:
                return
            if not isinstance(event, TextDelta):
                yield event

    async def aclose(self) -> None:
        """End the turn if it is still under way, and wait until its part is stored."""
        if self._task is None or self._task.done():
            return
        if not self._task.cancelling():
            self._task.cancel()
        # A server that drops a request cancels every await from then on; this one must not be.
        with anyio.CancelScope(shield=True):
            await asyncio.wait({self._task})


class ChatService:
    """Answers messages.

    Args:
        store: Where conversations are kept.
        assistant: Runs the agent.
        connection: The shared pool to the MCP server.
        exchange: Makes tokens for the MCP server.
        history: How many messages the agent is shown.
        per_user: Answers of one user that can be under way at once.
    """

    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        connection: McpConnection,
        exchange: TokenExchange,
        history: int,
        *,
        per_user: int = 10,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._connection = connection
        self._exchange = exchange
        self._per_user = per_user
        self._history = history
        # Each answer under way, with its user and conversation.
        self._tasks: dict[asyncio.Task[None], tuple[str, UUID]] = {}

    @property
    def under_way(self) -> int:
        """Number of answers under way."""
        return len(self._tasks)

    def require_capacity(self, subject: Subject) -> None:
        """Check that this user may begin another answer.

        Raises:
            RateLimited: As many as one user may have are under way.
        """
        mine = sum(user == subject.user_id for user, _ in self._tasks.values())
        if mine >= self._per_user:
            raise RateLimited("too many answers are under way", retry_after=1)

    async def ask(
        self, subject: Subject, text: str, conversation_id: UUID | None, key: str | None = None
    ) -> Asked:
        """Store a message of the user, in an existing conversation or a new one.

        Asked again with the same idempotency key it is the same message, and if it was answered,
        that is its answer. If it was not, it can be answered now, and what was done for it before
        is not done again.

        Raises:
            RateLimited: Too many answers of this user are under way.
            NotFound: The conversation is not this user's.
            Conflict: The key was used for another message.
            Unavailable: The database does not answer.
        """
        self.require_capacity(subject)
        async with self._store.user_session(subject.user_id, idempotency_key=key) as session:
            question = await turns.ask(
                session, text=text, title=title_for(text), conversation_id=conversation_id
            )
            history = await conversations.messages(
                session,
                conversation_id=question.conversation_id,
                limit=self._history,
                until=question.message_id,
            )
            if key is None:
                return Asked(question.conversation_id, history)
            answer = await turns.earlier_answer(session, question.message_id)
        earlier = None
        if answer is not None:
            uses = tuple(ToolUse(**each) for each in answer.tool_calls)
            earlier = Answered(answer.message, uses)
        return Asked(question.conversation_id, history, question.message_id, earlier)

    async def asked(self, subject: Subject, conversation_id: UUID, message_id: UUID) -> Asked:
        """The conversation as it was when the user wrote a stored message.

        Raises:
            NotFound: The conversation is not this user's.
            Unavailable: The database does not answer.
        """
        async with self._store.read_session(subject.user_id) as session:
            history = await conversations.messages(
                session, conversation_id=conversation_id, limit=self._history, until=message_id
            )
        return Asked(conversation_id, history)

    def begin(self, subject: Subject, asked: Asked, *, watched: bool = True) -> Turn:
        """Start to answer; the caller must close the turn.

        Args:
            subject: The user.
            asked: Their message.
            watched: Whether the caller reads the answer as it comes.

        Raises:
            RateLimited: Too many answers of this user are under way.
        """
        events: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
        if asked.earlier is not None:
            for event in (TextDelta(asked.earlier.message.content), asked.earlier, None):
                events.put_nowait(event)
            return Turn(asked.earlier.message.id, events)
        self.require_capacity(subject)
        turn = Turn(new_id(), events)
        task = asyncio.create_task(
            self._answer(subject, asked, turn.message_id, events, watched=watched)
        )
        self._tasks[task] = (subject.user_id, asked.conversation_id)
        task.add_done_callback(self._tasks.pop)
        turn.run(task)
        return turn

    async def answer(self, subject: Subject, asked: Asked) -> Answered:
        """Answer a stored message and wait for the end.

        Raises:
            NotFound: The conversation was deleted meanwhile.
            Unavailable: The model or the database do not answer.
        """
        turn = self.begin(subject, asked, watched=False)
        try:
            async for event in turn.events():
                if isinstance(event, Answered):
                    return event
                if isinstance(event, Failed):
                    raise event.error
        finally:
            await turn.aclose()
        raise ServerError()

    async def stop(self, subject: Subject, conversation_id: UUID) -> None:
        """End what is being answered in a conversation, and wait until its parts are stored.

        Knows of the answers of this process only.
        """
        place = (subject.user_id, conversation_id)
        await _end([task for task, each in self._tasks.items() if each == place])

    async def stop_user(self, user_id: str) -> None:
        """End what is being answered to a user, in this process, and wait until it has ended."""
        await _end([task for task, (user, _) in self._tasks.items() if user == user_id])

    async def aclose(self) -> None:
        """End the answers that are still being made."""
        await _end(list(self._tasks))

    async def _answer(
        self,
        subject: Subject,
        asked: Asked,
        message_id: UUID,
        events: asyncio.Queue[ChatEvent | None],
        *,
        watched: bool,
    ) -> None:
        pieces: list[str] = []
        remaining = MAX_MESSAGE

        def emit(text: str) -> None:
            nonlocal remaining
            piece = _storable(text)[:remaining]
            if piece:
                remaining -= len(piece)
                pieces.append(piece)
                events.put_nowait(TextDelta(piece))

        question = asked.question_id
        key = turns.answer_key(question) if question else None

        async def keep(uses: Sequence[ToolUse]) -> Answered:
            async with self._store.user_session(subject.user_id, idempotency_key=key) as session:
                kept = await turns.answer(
                    session,
                    conversation_id=asked.conversation_id,
                    message_id=message_id,
                    content="".join(pieces) or _NO_ANSWER,
                    tool_calls=[arguments_shown(use) for use in uses],
                )
            return Answered(kept.message, tuple(ToolUse(**each) for each in kept.tool_calls))

        async def keep_part() -> MessageView | None:
            # Named by a key it can be asked for again, and finds what its calls did by theirs.
            if not pieces and (key is not None or not tools.uses):
                return None
            try:
                async with self._store.user_session(subject.user_id) as session:
                    return await conversations.append(
                        session,
                        conversation_id=asked.conversation_id,
                        role=MessageRole.ASSISTANT,
                        content="".join(pieces) + _done(tools.uses),
                        message_id=message_id,
                        interrupted=True,
                    )
            except ServiceError as error:
                _log.warning("part of an answer was not kept", extra={"error": error.code})
                return None

        keys = CallKeys(key)
        tools = BoundTools(self._connection, self._exchange, subject, events.put_nowait, keys)
        try:
            await self._assistant.answer(asked.history, tools, emit, watched=watched)
            events.put_nowait(await keep(tools.uses))
        except asyncio.CancelledError:
            # The caller is gone, or wants another answer; another reader may be watching.
            events.put_nowait(Failed(Unavailable("the answer was stopped"), await keep_part()))
            raise
        except ServiceError as error:
            told = _told(error, tools.uses, repeatable=key is not None)
            events.put_nowait(Failed(told, await keep_part()))
        except Exception:
            _log.exception("chat failed")
            events.put_nowait(Failed(ServerError(), await keep_part()))
        finally:
            events.put_nowait(None)


def _done(uses: Sequence[ToolUse]) -> str:
    """Return a note of what an interrupted answer had done, for the user and for the model."""
    if not uses:
        return ""
    calls = "; ".join(f"{use.name}: {use.outcome}" for use in uses[:MAX_DETAILS])
    return f"\n\n[before this answer broke off: {calls}]".lstrip()


def _told(error: ServiceError, uses: Sequence[ToolUse], *, repeatable: bool) -> ServiceError:
    """Return the error of an answer that broke off, with what it had done by then.

    To repeat an answer that has written is to write again, unless a key names it: then nothing
    here says that it can be repeated.
    """
    if not uses:
        return error
    wrote = any(use.changed or use.outcome != "ok" for use in uses)
    done = [{"name": use.name, "outcome": use.outcome} for use in uses[:MAX_DETAILS]]
    told = copy(error)
    told.details = {**error.details, "tool_calls": done}
    if wrote:
        told.message = f"{error.message}; what it had done before is done"
    if wrote and not repeatable:
        told.retry_after = None
    return told


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        if not task.cancelling():
            task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def title_for(text: str) -> str | None:
    """Return the title of a conversation that begins with this message."""
    return " ".join(text.split())[:MAX_TITLE] or None


def arguments_shown(use: ToolUse) -> Mapping[str, Any]:
    """A tool call as every chat surface shows it."""
    return {"name": use.name, "arguments": dict(use.arguments), "outcome": use.outcome}


def _storable(text: str) -> str:
    # Models can produce what PostgreSQL cannot store.
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
