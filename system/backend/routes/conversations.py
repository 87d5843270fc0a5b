"""REST on conversations: `/api/{user_id}/conversations`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel

from system.backend.dependencies import OwnerSession, ReadingSession, WriteSession
from system.backend.openapi.responses import ONE_OBJECT, USER_DATA, WRITE, errors
from system.store import conversations
from system.store.schemas import (
    ConversationChange,
    ConversationPage,
    ConversationView,
    Cursor,
    Deletion,
    MessageView,
    PageLimit,
)

router = APIRouter(prefix="/api/{user_id}/conversations", tags=["conversations"])


class MessageList(BaseModel):
    """A conversation's latest messages, oldest first."""

    items: list[MessageView]


@router.get("", responses=USER_DATA)
async def list_conversations(
    session: ReadingSession,
    cursor: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageLimit, Query()] = 20,
) -> ConversationPage:
    """List conversations, newest first."""
    return await conversations.list_conversations(session, cursor=cursor, limit=limit)


@router.get("/{conversation_id}", responses=ONE_OBJECT)
async def get_conversation(session: ReadingSession, conversation_id: UUID) -> ConversationView:
    """Read one conversation, without its messages."""
    return await conversations.get(session, conversation_id=conversation_id)


@router.get("/{conversation_id}/messages", responses=ONE_OBJECT)
async def list_messages(session: OwnerSession, conversation_id: UUID) -> MessageList:
    """Read the latest messages of a conversation."""
    found = await conversations.messages(session, conversation_id=conversation_id)
    return MessageList(items=found)


@router.patch("/{conversation_id}", responses={**WRITE, **errors(413)})
async def rename_conversation(
    session: WriteSession,
    conversation_id: UUID,
    change: Annotated[ConversationChange, Body(examples=[{"title": "Groceries"}])],
) -> ConversationView:
    """Give a conversation a title."""
    return await conversations.rename(session, conversation_id=conversation_id, title=change.title)


@router.delete("/{conversation_id}", responses=WRITE)
async def delete_conversation(session: WriteSession, conversation_id: UUID) -> Deletion:
    """Delete a conversation with its messages."""
    return await conversations.remove(session, conversation_id=conversation_id)
