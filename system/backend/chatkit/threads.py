"""ChatKit's store over the users' conversations: every method is one transaction of the caller.

Ids are UUIDv7, since the SDK's own have 32 random bits. Times are the database's, with their zone,
since the SDK's are naive. A thread that is not the caller's is missing, whatever asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn
from uuid import UUID

from chatkit.store import Store, StoreItemType
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    Attachment,
    Page,
    ThreadItem,
    ThreadMetadata,
    UserMessageInput,
    UserMessageItem,
    UserMessageTextContent,
)

from system.backend.chat import Turn
from system.errors import NotFound, ValidationFailed
from system.identity import Subject
from system.store import Store as Database
from system.store import conversations, threads
from system.store.models import new_id
from system.store.schemas import (
    MAX_PAGE,
    ConversationView,
    MessageRole,
    MessageView,
    ThreadMessage,
)


@dataclass(slots=True)
class Caller:
    """Context of a request: its subject, and the turns and threads that it has begun.

    Attributes:
        subject: The verified user.
        turns: Answers that this request has started, to be closed with it.
        begun: Threads that this request makes; any other that is saved must exist.
        title: What these are called until they are renamed.
    """

    subject: Subject
    turns: list[Turn] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)
    title: str | None = None


class ThreadStore(Store[Caller]):
    """Threads and items in PostgreSQL, as the caller's own.

    Args:
        database: The one door to users' data.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def generate_thread_id(self, context: Caller) -> str:
        """An id for a thread that this request begins."""
        identifier = str(new_id())
        context.begun.add(identifier)
        return identifier

    def generate_item_id(
        self, item_type: StoreItemType, thread: ThreadMetadata, context: Caller
    ) -> str:
        """An id for an item; later ones sort behind earlier ones."""
        return str(new_id())

    async def load_thread(self, thread_id: str, context: Caller) -> ThreadMetadata:
        """Read one thread.

        Raises:
            NotFound: The caller has no such thread.
        """
        async with self._database.read_session(context.subject.user_id) as session:
            return _thread(await conversations.get(session, conversation_id=_uuid(thread_id)))

    async def save_thread(self, thread: ThreadMetadata, context: Caller) -> None:
        """Store a thread that this request begins, with its title, or another one's title.

        The SDK learns the title of a new one later, and gives it to be stored then.

        Raises:
            NotFound: The caller has no such thread: one deleted meanwhile does not come back.
        """
        identifier, begins = _uuid(thread.id), thread.id in context.begun
        if not begins and thread.title in (None, context.title):
            return
        async with self._database.user_session(context.subject.user_id) as session:
            if begins:
                await conversations.start(session, title=context.title, conversation_id=identifier)
                context.begun.discard(thread.id)
            elif thread.title is not None:
                await conversations.rename(session, conversation_id=identifier, title=thread.title)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: Caller
    ) -> Page[ThreadMetadata]:
        """A page of the caller's threads."""
        async with self._database.read_session(context.subject.user_id) as session:
            found, more = await threads.list_threads(
                session,
                after=_uuid(after) if after else None,
                limit=min(limit, MAX_PAGE),
                newest_first=order == "desc",
            )
        last = str(found[-1].id) if more else None
        return Page(data=[_thread(each) for each in found], has_more=more, after=last)

    async def delete_thread(self, thread_id: str, context: Caller) -> None:
        """Delete a thread with its items.

        Raises:
            NotFound: The caller has no such thread.
        """
        async with self._database.user_session(context.subject.user_id) as session:
            await conversations.remove(session, conversation_id=_uuid(thread_id))

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Caller
    ) -> Page[ThreadItem]:
        """A page of a thread's items.

        Raises:
            NotFound: The caller has no such thread.
        """
        async with self._database.user_session(context.subject.user_id) as session:
            found, more = await threads.list_items(
                session,
                conversation_id=_uuid(thread_id),
                after=_uuid(after) if after else None,
                limit=min(limit, MAX_PAGE),
                newest_first=order == "desc",
            )
        last = str(found[-1].id) if more else None
        return Page(data=[_item(each, thread_id) for each in found], has_more=more, after=last)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Caller) -> None:
        """Store what the person wrote; answers are stored by the chat service before they get here.

        Raises:
            NotFound: The caller has no such thread.
            ValidationFailed: Items of this kind are not kept.
        """
        if isinstance(item, AssistantMessageItem):
            return
        if not isinstance(item, UserMessageItem):
            raise ValidationFailed("items of this kind are not kept")
        async with self._database.user_session(context.subject.user_id) as session:
            stored = await conversations.append(
                session,
                conversation_id=_uuid(thread_id),
                role=MessageRole.USER,
                content=text_of(item),
                message_id=_uuid(item.id),
                parts=_parts(item),
            )
        item.created_at = stored.created_at

    async def save_item(self, thread_id: str, item: ThreadItem, context: Caller) -> None:
        """Items do not change once stored.

        Raises:
            ValidationFailed: Always.
        """
        raise ValidationFailed("items do not change")

    async def load_item(self, thread_id: str, item_id: str, context: Caller) -> ThreadItem:
        """Read one item.

        Raises:
            NotFound: The caller has no such item in that thread.
        """
        async with self._database.user_session(context.subject.user_id) as session:
            found = await threads.get_item(
                session, conversation_id=_uuid(thread_id), message_id=_uuid(item_id)
            )
        return _item(found, thread_id)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Caller) -> None:
        """Delete one item.

        Raises:
            NotFound: The caller has no such item in that thread.
        """
        async with self._database.user_session(context.subject.user_id) as session:
            await threads.remove_item(
                session, conversation_id=_uuid(thread_id), message_id=_uuid(item_id)
            )

    async def save_attachment(self, attachment: Attachment, context: Caller) -> None:
        """Refuse: there are no attachments here."""
        _no_attachments()

    async def load_attachment(self, attachment_id: str, context: Caller) -> Attachment:
        """Refuse: there are no attachments here."""
        _no_attachments()

    async def delete_attachment(self, attachment_id: str, context: Caller) -> None:
        """Refuse: there are no attachments here."""
        _no_attachments()


def answer_item(message: MessageView, thread_id: str) -> AssistantMessageItem:
    """A stored answer as ChatKit shows it."""
    return AssistantMessageItem(
        id=str(message.id),
        thread_id=thread_id,
        created_at=message.created_at,
        content=[AssistantMessageContent(text=message.content)],
    )


def text_of(item: UserMessageItem | UserMessageInput) -> str:
    """Return the person's message as one text: the quotation first, tags as they are shown."""
    written = "".join(each.text for each in item.content)
    if not item.quoted_text:
        return written
    quoted = "\n".join(f"> {line}" for line in item.quoted_text.splitlines())
    return f"{quoted}\n\n{written}"


def _parts(item: UserMessageItem) -> dict[str, Any]:
    return item.model_dump(mode="json", include={"content", "quoted_text", "inference_options"})


def _item(message: ThreadMessage, thread_id: str) -> ThreadItem:
    if message.role is MessageRole.ASSISTANT:
        return answer_item(message, thread_id)
    parts = message.parts or {
        "content": [UserMessageTextContent(text=message.content)],
        "inference_options": {},
    }
    return UserMessageItem.model_validate(
        {
            "id": str(message.id),
            "thread_id": thread_id,
            "created_at": message.created_at,
            "attachments": [],
            **parts,
        }
    )


def _thread(view: ConversationView) -> ThreadMetadata:
    return ThreadMetadata(id=str(view.id), title=view.title, created_at=view.created_at)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None


def _no_attachments() -> NoReturn:
    raise ValidationFailed("attachments are not supported")
