"""Conversations with the assistant and their messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, delete, func, insert, select, update
from sqlmodel import col

from system.errors import NotFound
from system.store.idempotency import idempotent
from system.store.models import Conversation, Message, new_id
from system.store.pages import cut_page, decode_cursor, encode_cursor
from system.store.prepared import THE_SUBJECT, Prepared
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
_THE_CONVERSATION: BindParameter[UUID] = bindparam("the_conversation")
_START = Prepared(
    insert(Conversation)
    .values(user_id=THE_SUBJECT, id=_THE_CONVERSATION, title=bindparam("its_title"))
    .returning(*(getattr(Conversation, name) for name in ConversationView.model_fields))
)
_TOUCH = Prepared(
    update(Conversation)
    .where(
        col(Conversation.user_id) == THE_SUBJECT,
        col(Conversation.id) == _THE_CONVERSATION,
    )
    .values(updated_at=func.now())
    .returning(col(Conversation.id))
)
_SHOWN = tuple(getattr(Message, name) for name in MessageView.model_fields)
_APPEND = Prepared(
    insert(Message)
    .values(
        user_id=THE_SUBJECT,
        id=bindparam("the_message"),
        conversation_id=_THE_CONVERSATION,
        role=bindparam("its_role"),
        content=bindparam("its_content"),
        parts=bindparam("its_parts"),
        interrupted=bindparam("is_interrupted"),
    )
    .returning(*_SHOWN)
)
_LAST = (
    select(*_SHOWN)
    .where(
        col(Message.user_id) == THE_SUBJECT,
        col(Message.conversation_id) == _THE_CONVERSATION,
    )
    .order_by(col(Message.id).desc())
    .limit(bindparam("at_most"))
)
_LAST_MESSAGES = Prepared(_LAST)
_MESSAGES_UNTIL = Prepared(_LAST.where(col(Message.id) <= bindparam("the_last")))


async def start(
    session: UserSession, *, title: str | None = None, conversation_id: UUID | None = None
) -> ConversationView:
    """Begin a conversation, under an id made beforehand where one is given.

    Raises:
        Conflict: The user has a conversation of that id, or as many as one may keep.
    """
    await ensure_user(session)
    await require_quota(session, Conversation)
    (stored,) = await session.run(
        _START, the_conversation=conversation_id or new_id(), its_title=title
    )
    return ConversationView(**stored)


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
    if not await session.run(_TOUCH, the_conversation=conversation_id):
        raise NotFound()
    (stored,) = await session.run(
        _APPEND,
        the_message=message_id or new_id(),
        the_conversation=conversation_id,
        its_role=role.value,
        its_content=content,
        its_parts=json.dumps(parts),
        is_interrupted=interrupted,
    )
    return MessageView(**stored)


async def messages(
    session: UserSession, *, conversation_id: UUID, limit: int = 200, until: UUID | None = None
) -> list[MessageView]:
    """The last `limit` messages of a conversation, oldest first; none after `until`.

    Raises:
        NotFound: No such conversation for this user.
    """
    if until is None:
        found = await session.run(_LAST_MESSAGES, the_conversation=conversation_id, at_most=limit)
    else:
        found = await session.run(
            _MESSAGES_UNTIL, the_conversation=conversation_id, at_most=limit, the_last=until
        )
    if not found:
        # A message is in a conversation of its owner's; without one there may be none of them.
        await get(session, conversation_id=conversation_id)
    return [MessageView(**row) for row in reversed(found)]


def _view(row: Conversation) -> ConversationView:
    return ConversationView(**row.model_dump(exclude={"user_id"}))
