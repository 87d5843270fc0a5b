"""The chat service: history in, agent, history out; shared by every chat surface.

Three separate steps, so that no database connection is held while the agent runs: the message is
stored and the history read in one short transaction, the agent runs with nothing held, the answer
is stored in another. What the user said is kept even when the agent fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from system.backend.agent import Assistant
from system.backend.bridge import BoundTools, McpConnection, ToolUse
from system.backend.exchange import TokenExchange
from system.identity import Subject
from system.store import Store, conversations
from system.store.schemas import MAX_MESSAGE, MAX_TITLE, MessageRole, MessageView


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """The assistant's message and what it did for it."""

    conversation_id: UUID
    message: MessageView
    uses: tuple[ToolUse, ...]


class ChatService:
    """Answers messages.

    Args:
        store: Where conversations are kept.
        assistant: Runs the agent.
        connection: The shared pool to the MCP server.
        exchange: Makes tokens for the MCP server.
        history: How many messages the agent is shown.
    """

    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        connection: McpConnection,
        exchange: TokenExchange,
        history: int,
    ) -> None:
        self._store = store
        self._assistant = assistant
        self._connection = connection
        self._exchange = exchange
        self._history = history

    async def answer(self, subject: Subject, text: str, conversation_id: UUID | None) -> ChatAnswer:
        """Answer one message of a user, in a conversation of theirs or a new one.

        Raises:
            NotFound: The conversation is not this user's.
            Unavailable: The model, the tools or the database do not answer.
        """
        async with self._store.user_session(subject.user_id) as session:
            if conversation_id is None:
                started = await conversations.start(session, title=text.strip()[:MAX_TITLE])
                conversation_id = started.id
            await conversations.append(
                session,
                conversation_id=conversation_id,
                role=MessageRole.USER,
                content=text,
            )
            history = await conversations.messages(
                session, conversation_id=conversation_id, limit=self._history
            )
        tools = BoundTools(self._connection, self._exchange, subject)
        said = await self._assistant.answer(history, tools)
        async with self._store.user_session(subject.user_id) as session:
            message = await conversations.append(
                session,
                conversation_id=conversation_id,
                role=MessageRole.ASSISTANT,
                # Models can produce what PostgreSQL cannot store.
                content=_storable(said),
            )
        return ChatAnswer(conversation_id, message, tuple(tools.uses))


def _storable(text: str) -> str:
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return clean[:MAX_MESSAGE] or "(no answer)"
