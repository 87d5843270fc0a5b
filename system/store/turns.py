"""Questions and answers of a chat, as writes that can be repeated.

A chat is not a single write: the agent runs between the question and its answer. So each of the two
is one, and the question names the answer: a request with the same key finds the same question, and
gets its answer if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from system.store import conversations
from system.store.idempotency import idempotent, idempotent_by, recalled
from system.store.schemas import MessageRole, MessageView, View
from system.store.session import UserSession


class Question(View):
    """A message of the user, and the conversation that it stands in."""

    conversation_id: UUID
    message_id: UUID


class Answer(View):
    """A complete message of the assistant, and what it did for it."""

    message: MessageView
    tool_calls: list[dict[str, Any]]


@idempotent
async def ask(
    session: UserSession, *, text: str, title: str | None, conversation_id: UUID | None
) -> Question:
    """Store a message of the user, in an existing conversation or in a new one of this title.

    Raises:
        NotFound: No such conversation for this user.
    """
    if conversation_id is None:
        conversation_id = (await conversations.start(session, title=title)).id
    message = await conversations.append(
        session, conversation_id=conversation_id, role=MessageRole.USER, content=text
    )
    return Question(conversation_id=conversation_id, message_id=message.id)


# What is said may differ from one attempt to the next; the first that is complete is the answer.
@idempotent_by("conversation_id")
async def answer(
    session: UserSession,
    *,
    conversation_id: UUID,
    message_id: UUID,
    content: str,
    tool_calls: Sequence[Mapping[str, Any]],
) -> Answer:
    """Store the assistant's message; the session's key is that of the question.

    Raises:
        NotFound: No such conversation for this user.
    """
    message = await conversations.append(
        session,
        conversation_id=conversation_id,
        role=MessageRole.ASSISTANT,
        content=content,
        message_id=message_id,
    )
    return Answer(message=message, tool_calls=[dict(each) for each in tool_calls])


def answer_key(question_id: UUID) -> str:
    """The idempotency key of the answer to this question."""
    return f"answer-to-{question_id}"


async def earlier_answer(session: UserSession, question_id: UUID) -> Answer | None:
    """The complete answer to a question that was asked with a key, if there is one by now."""
    return await recalled(session, answer.__name__, answer_key(question_id), Answer)
