"""The bridge from the agent to the MCP server: the tools as one user's agent sees them.

The agent never sees `user_id`: it is taken out of the schemas, and what the model sends under that
name is overwritten with the subject. Tools that change who sees what are not for it. What is shared
between users is the connection, which carries a token made for each call.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.agent import AgentBase
from agents.mcp import MCPServer
from agents.run_context import RunContextWrapper
from mcp.types import CallToolResult, GetPromptResult, ListPromptsResult, Tool

from system.backend.agent.call_keys import CallKeys
from system.backend.agent.connection import McpConnection
from system.errors import Forbidden, NotFound, RateLimited, Unavailable
from system.identity import Subject, TokenExchange
from system.observe.metrics import count_tool_call

IDENTITY_ARGUMENT = "user_id"
# Who sees what is for a person to say: a text that a model reads, a member's task for one, must not
# be able to invite its author.
WITHHELD = frozenset(
    {"invite", "accept_invitation", "delete_invitation", "change_role", "remove_member"}
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call that the agent made, for the answer to the user.

    Attributes:
        changed: It succeeded, and the server does not say that the tool only reads.
    """

    name: str
    arguments: Mapping[str, Any]
    outcome: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class ToolBegan:
    """The agent has begun a tool call."""

    name: str


class BoundTools(MCPServer):
    """The tools as one user's agent sees them: without `user_id`, which is bound here.

    Args:
        connection: The shared pool.
        exchange: Makes the token for each call.
        subject: The verified user.
        keys: Names each call, so that one that is sent again is known.
        notify: Called with an event when a call begins and when it has ended.
    """

    def __init__(
        self,
        connection: McpConnection,
        exchange: TokenExchange,
        subject: Subject,
        notify: Callable[[ToolBegan | ToolUse], None] | None = None,
        keys: CallKeys | None = None,
    ) -> None:
        super().__init__(use_structured_content=False)
        self._connection = connection
        self._exchange = exchange
        self._subject = subject
        self._notify = notify or (lambda event: None)
        self._keys = keys or CallKeys()
        self._asked = 0
        # That there are no more calls: the model has one turn to say what was done.
        self._told = False
        self.uses: list[ToolUse] = []

    @property
    def user_id(self) -> str:
        """The user whose tools these are."""
        return self._subject.user_id

    @property
    def name(self) -> str:
        """Name for the agents SDK."""
        return "tasks"

    async def connect(self) -> None:
        """Do nothing: every call is independent."""

    async def cleanup(self) -> None:
        """Do nothing: the pool is shared."""

    async def list_tools(
        self,
        run_context: RunContextWrapper[Any] | None = None,
        agent: AgentBase | None = None,
    ) -> list[Tool]:
        """The tools for an agent, with the identity argument taken out of their schemas.

        Raises:
            Unavailable: The answer has used its calls, and goes on making some.
        """
        if self._asked > self._connection.calls_per_answer:
            if self._told:
                raise Unavailable(
                    "this answer makes more tool calls than one may: ask for less at once"
                )
            self._told = True
        token = self._exchange.token_for(self._subject.user_id)
        return self._connection.shown(await self._connection.tools(token), _for_agents)

    async def call_tool(
        self,
        tool_name: str,
        arguments: dict[str, Any] | None,
        meta: dict[str, Any] | None = None,
    ) -> CallToolResult:
        """Call a tool as the subject, whatever identity the model asked for.

        Raises:
            Forbidden: The tool is not for an agent.
            RateLimited: The answer has used its calls, or too many of this user's are under way.
            Unavailable: The server does not answer as it should.
        """
        self._asked += 1
        if self._asked > self._connection.calls_per_answer:
            raise RateLimited("no more tool calls in this answer: say what was done so far")
        if tool_name in WITHHELD:
            _log.warning("model asked for a person's tool", extra={"layer": "agent.tools"})
            raise Forbidden()
        given = dict(arguments or {})
        asked_for = given.pop(IDENTITY_ARGUMENT, None)
        if asked_for is not None and asked_for != self._subject.user_id:
            _log.warning("model asked for another user", extra={"layer": "agent.binding"})
        bound = {**given, IDENTITY_ARGUMENT: self._subject.user_id}
        started = time.perf_counter()
        outcome = "error"
        self._notify(ToolBegan(tool_name))
        try:
            token = self._exchange.token_for(self._subject.user_id)
            key = self._keys.next(tool_name, given)
            async with self._connection.share_of(self._subject.user_id):
                result = await self._connection.call(tool_name, bound, token, key=key)
            outcome = "error" if result.is_error else "ok"
            return result
        finally:
            label = self._connection.label(tool_name)
            count_tool_call(label, outcome, time.perf_counter() - started)
            changed = outcome == "ok" and not self._connection.only_reads(tool_name)
            use = ToolUse(tool_name, given, outcome, changed)
            self.uses.append(use)
            self._notify(use)

    async def list_prompts(self) -> ListPromptsResult:
        """The agent uses no prompts."""
        return ListPromptsResult(prompts=[])

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None
    ) -> GetPromptResult:
        """The agent uses no prompts.

        Raises:
            NotFound: Always.
        """
        raise NotFound()


def _for_agents(tools: Sequence[Tool]) -> list[Tool]:
    """Return the tools that an agent is shown, whosever it is."""
    return [_without_identity(tool) for tool in tools if tool.name not in WITHHELD]


def _without_identity(tool: Tool) -> Tool:
    schema = dict(tool.input_schema)
    schema["properties"] = {
        name: each
        for name, each in schema.get("properties", {}).items()
        if name != IDENTITY_ARGUMENT
    }
    schema["required"] = [each for each in schema.get("required", ()) if each != IDENTITY_ARGUMENT]
    return tool.model_copy(update={"input_schema": schema})
