"""The assistant: an OpenAI Agents SDK agent over one user's tools.

It is given the conversation and the bound tools, and nothing else: no user id, no other user's
memory, no database connection. Tracing is off, because traces would send users' text elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from agents import (
    Agent,
    AgentsException,
    Model,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    set_tracing_disabled,
)
from agents.items import TResponseInputItem
from agents.mcp import MCPServer
from openai import AsyncOpenAI, OpenAIError

from system.backend.settings import Settings
from system.errors import Unavailable
from system.store.schemas import MessageView

set_tracing_disabled(True)

_INSTRUCTIONS = (
    "You help one person with their tasks and projects. Use the tools to read and change them; "
    "they work on this person's data only. Say briefly what you did."
)
_log = logging.getLogger(__name__)


class Assistant:
    """Runs the agent; holds the shared client to the model.

    Args:
        settings: Which model, how many turns, how long.
    """

    def __init__(self, settings: Settings) -> None:
        key = settings.openai_api_key
        self._client = AsyncOpenAI(
            api_key=key.get_secret_value() if key else "not-set",
            base_url=settings.openai_base_url,
            timeout=settings.agent_timeout_seconds,
            max_retries=1,
        )
        self._configured = key is not None
        self._model: Model = (
            OpenAIResponsesModel(model=settings.openai_model, openai_client=self._client)
            if settings.openai_api == "responses"
            else OpenAIChatCompletionsModel(model=settings.openai_model, openai_client=self._client)
        )
        self._max_turns = settings.agent_max_turns
        self._timeout = settings.agent_timeout_seconds

    async def answer(self, history: Sequence[MessageView], tools: MCPServer) -> str:
        """The assistant's answer to the last message of a conversation.

        Args:
            history: The conversation, oldest first, the user's new message last.
            tools: The user's tools.

        Raises:
            Unavailable: The model cannot be reached, or did not finish.
        """
        if not self._configured:
            raise Unavailable("the assistant is not configured: OPENAI_API_KEY is not set")
        agent = Agent(
            name="assistant", instructions=_INSTRUCTIONS, model=self._model, mcp_servers=[tools]
        )
        conversation: list[TResponseInputItem] = [
            {"role": "user", "content": each.content}
            if each.role.value == "user"
            else {"role": "assistant", "content": each.content}
            for each in history
        ]
        try:
            async with asyncio.timeout(self._timeout):
                result = await Runner.run(
                    agent,
                    conversation,
                    max_turns=self._max_turns,
                    run_config=RunConfig(tracing_disabled=True),
                )
        except (OpenAIError, AgentsException, TimeoutError) as error:
            _log.warning("agent did not finish", extra={"error": type(error).__name__})
            raise Unavailable("the assistant did not answer", retry_after=5) from None
        return str(result.final_output)

    async def aclose(self) -> None:
        """Close the connections to the model."""
        await self._client.close()
