"""Conversations as ChatKit asks for them: pages in either order, single messages, feedback.

The same rows as in `system.store.conversations`. Pages continue after a plain id, because that is
how the protocol works: an id that is not the caller's only says where in time to continue.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from system.errors import NotFound
from system.store import conversations
from system.store.models import Conversation, Message
from system.store.pages import cut_page
from system.store.schemas import ConversationView, Feedback, ThreadMessage
from system.store.session import UserSession


async def list_threads(
    session: UserSession, *, after: UUID | None, limit: int, newest_first: bool
) -> tuple[list[ConversationView], bool]:
    """A page of conversations, and whether another one follows."""
    identifier = col(Conversation.id)
    statement = select(Conversation).where(col(Conversation.user_id) == session.user_id)
    if after is not None:
        statement = statement.where(identifier < after if newest_first else identifier > after)
    order = identifier.desc() if newest_first else identifier.asc()
    found = await session.execute(statement.order_by(order).limit(limit + 1))
    rows, more = cut_page(list(found.scalars().all()), limit)
    return [ConversationView(**row.model_dump(exclude={"user_id"})) for row in rows], more


async def list_items(
    session: UserSession,
    *,
    conversation_id: UUID,
    after: UUID | None,
    limit: int,
    newest_first: bool,
) -> tuple[list[ThreadMessage], bool]:
    """A page of a conversation's messages, and whether another one follows.

    Raises:
        NotFound: No such conversation for this user.
    """
    await conversations.get(session, conversation_id=conversation_id)
    identifier = col(Message.id)
    statement = select(Message).where(
        col(Message.user_id) == session.user_id,
        col(Message.conversation_id) == conversation_id,
    )
    if after is not None:
        statement = statement.where(identifier < after if newest_first else identifier > after)
    order = identifier.desc() if newest_first else identifier.asc()
    found = await session.execute(statement.order_by(order).limit(limit + 1))
    rows, more = cut_page(list(found.scalars().all()), limit)
    return [_view(row) for row in rows], more


async def get_item(
    session: UserSession, *, conversation_id: UUID, message_id: UUID
) -> ThreadMessage:
    """Read one message.

    Raises:
        NotFound: No such message in this user's conversation.
    """
    statement = select(Message).where(
        col(Message.user_id) == session.user_id,
        col(Message.conversation_id) == conversation_id,
        col(Message.id) == message_id,
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound()
    return _view(row)


async def remove_item(session: UserSession, *, conversation_id: UUID, message_id: UUID) -> None:
    """Delete one message.

    Raises:
        NotFound: No such message in this user's conversation.
    """
    statement = delete(Message).where(
        col(Message.user_id) == session.user_id,
        col(Message.conversation_id) == conversation_id,
        col(Message.id) == message_id,
    )
    deleted = await session.execute(statement.returning(col(Message.id)))
    if deleted.one_or_none() is None:
        raise NotFound()


async def rate_items(
    session: UserSession,
    *,
    conversation_id: UUID,
    message_ids: Collection[UUID],
    feedback: Feedback,
) -> None:
    """Note what the user thinks of messages.

    Raises:
        NotFound: One of them is not in this user's conversation; nothing is noted then.
    """
    statement = update(Message).where(
        col(Message.user_id) == session.user_id,
        col(Message.conversation_id) == conversation_id,
        col(Message.id).in_(message_ids),
    )
    rated = await session.execute(
        statement.values(feedback=feedback.value).returning(col(Message.id))
    )
    if set(rated.scalars().all()) != set(message_ids):
        raise NotFound()


def _view(row: Message) -> ThreadMessage:
    return ThreadMessage(**row.model_dump(include=set(ThreadMessage.model_fields)))
