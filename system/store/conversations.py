"""Conversations with the assistant and their messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import col

from system.errors import NotFound
from system.store.idempotency import idempotent
from system.store.models import Conversation, Message, new_id
from system.store.pages import cut_page, decode_cursor, encode_cursor
from system.store.quotas import require_quota
from system.store.schemas import (
    ConversationPage,
    ConversationView,
    Deletion,
    MessageRole,
    MessageView,
)
from system.store.session import UserSession
from system.store.users import ensure_user

_LISTING = "conversations"


async def start(
    session: UserSession, *, title: str | None = None, conversation_id: UUID | None = None
) -> ConversationView:
    """Begin a conversation, under an id made beforehand where one is given.

    Raises:
        Conflict: The user has a conversation of that id, or as many as one may keep.
    """
    await ensure_user(session)
    await require_quota(session, Conversation)
    stored = await session.execute(
        insert(Conversation)
        .values(user_id=session.user_id, id=conversation_id or new_id(), title=title)
        .returning(Conversation)
    )
    return _view(stored.scalar_one())


async def get(session: UserSession, *, conversation_id: UUID) -> ConversationView:
    """Read one conversation, without its messages.

    Raises:
        NotFound: No such conversation for this user.
    """
    statement = (
        select(Conversation)
        .where(
            col(Conversation.user_id) == session.user_id,
            col(Conversation.id) == conversation_id,
        )
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound()
    return _view(row)


async def list_conversations(
    session: UserSession, *, cursor: str | None = None, limit: int = 20
) -> ConversationPage:
    """A page of conversations, newest first.

    Raises:
        ValidationFailed: The cursor is not one of this list.
    """
    statement = select(Conversation).where(col(Conversation.user_id) == session.user_id)
    after = decode_cursor(session, _LISTING, cursor)
    if after is not None:
        statement = statement.where(col(Conversation.id) < after)
    statement = statement.order_by(col(Conversation.id).desc()).limit(limit + 1)
    found = list((await session.execute(statement)).scalars().all())
    rows, more = cut_page(found, limit)
    return ConversationPage(
        items=[_view(row) for row in rows],
        next_cursor=encode_cursor(session, _LISTING, rows[-1].id) if more else None,
    )


@idempotent
async def rename(session: UserSession, *, conversation_id: UUID, title: str) -> ConversationView:
    """Give a conversation a title.

    Raises:
        NotFound: No such conversation for this user.
    """
    statement = update(Conversation).where(
        col(Conversation.user_id) == session.user_id,
        col(Conversation.id) == conversation_id,
    )
    changed = await session.execute(
        statement.values(title=title, updated_at=func.now()).returning(col(Conversation.id))
    )
    if changed.one_or_none() is None:
        raise NotFound()
    return await get(session, conversation_id=conversation_id)


@idempotent
async def remove(session: UserSession, *, conversation_id: UUID) -> Deletion:
    """Delete a conversation with its messages.

    Raises:
        NotFound: No such conversation for this user.
    """
    statement = delete(Conversation).where(
        col(Conversation.user_id) == session.user_id,
        col(Conversation.id) == conversation_id,
    )
    deleted = await session.execute(statement.returning(col(Conversation.id)))
    if deleted.one_or_none() is None:
        raise NotFound()
    return Deletion(id=conversation_id)


async def append(
    session: UserSession,
    *,
    conversation_id: UUID,
    role: MessageRole,
    content: str,
    message_id: UUID | None = None,
    parts: Mapping[str, Any] | None = None,
    interrupted: bool = False,
) -> MessageView:
    """Add a message to a conversation; ids order messages, so one made earlier stands earlier.

    Raises:
        NotFound: No such conversation for this user.
        Conflict: The user has a message of that id, or as many as one may keep.
    """
    await require_quota(session, Message)
    statement = update(Conversation).where(
        col(Conversation.user_id) == session.user_id,
        col(Conversation.id) == conversation_id,
    )
    touched = await session.execute(
        statement.values(updated_at=func.now()).returning(col(Conversation.id))
    )
    if touched.one_or_none() is None:
        raise NotFound()
    stored = await session.execute(
        insert(Message)
        .values(
            user_id=session.user_id,
            id=message_id or new_id(),
            conversation_id=conversation_id,
            role=role.value,
            content=content,
            parts=parts,
            interrupted=interrupted,
        )
        .returning(Message)
    )
    return _message(stored.scalar_one())


async def messages(
    session: UserSession, *, conversation_id: UUID, limit: int = 200, until: UUID | None = None
) -> list[MessageView]:
    """The last `limit` messages of a conversation, oldest first; none after `until`.

    Raises:
        NotFound: No such conversation for this user.
    """
    statement = (
        select(Message)
        .where(
            col(Message.user_id) == session.user_id,
            col(Message.conversation_id) == conversation_id,
        )
        .order_by(col(Message.id).desc())
        .limit(limit)
    )
    if until is not None:
        statement = statement.where(col(Message.id) <= until)
    found = (await session.execute(statement)).scalars().all()
    if not found:
        # A message is in a conversation of its owner's; without one there may be none of them.
        await get(session, conversation_id=conversation_id)
    return [_message(row) for row in reversed(found)]


def _view(row: Conversation) -> ConversationView:
    return ConversationView(**row.model_dump(exclude={"user_id"}))


def _message(row: Message) -> MessageView:
    return MessageView(**row.model_dump(include=set(MessageView.model_fields)))
