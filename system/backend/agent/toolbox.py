"""Tools as the model sees them: made once for all users, and bound when one is called.

A tool here knows its name and its schema and no user. The run's context has the user: the
`BoundTools` that this one user's chat was started with. To make a set of tools for each turn of
each chat took a tenth of the time that a chat takes.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from agents import FunctionTool
from agents.tool_context import ToolContext
from mcp.types import CallToolResult, TextContent, Tool

from system.backend.agent.bridge import BoundTools
from system.backend.agent.harmless import parsed_arguments
from system.errors import (
    Forbidden,
    NotReached,
    RateLimited,
    ServiceError,
    Unavailable,
    ValidationFailed,
)

_UNKNOWN_OUTCOME = (
    "the tool did not answer; whether it took effect is unknown: look before repeating a change"
)
# Characters of a result that the model is sent, again with each of its later turns.
_MOST_RESULT = 50_000
_log = logging.getLogger(__name__)


class Toolbox:
    """Makes the model's tools from the server's list, again when that has changed."""

    def __init__(self) -> None:
        self._listed: list[Tool] = []
        self._made: list[FunctionTool] = []

    async def of(self, tools: BoundTools) -> list[FunctionTool]:
        """The tools, without an identity argument; which user's is not among what they know.

        Raises:
            Unavailable: The server does not say which tools it has.
        """
        listed = await tools.list_tools()
        if listed is not self._listed and listed != self._listed:
            self._made = [_made(tool) for tool in listed]
            self._listed = listed
        return list(self._made)


def _made(tool: Tool) -> FunctionTool:
    name = tool.name

    async def invoke(context: ToolContext[BoundTools], given: str) -> str:
        return await called(context.context, name, given)

    return FunctionTool(
        name=name,
        description=tool.description or "",
        # The Responses API wants the properties named, if there are none as well.
        params_json_schema={"properties": {}, **tool.input_schema},
        on_invoke_tool=invoke,
        strict_json_schema=False,
    )


async def called(tools: BoundTools, name: str, given: str) -> str:
    """Call a tool and return the text for the model: the tool's own, or an error envelope.

    Args:
        tools: The user's.
        name: Of the tool.
        given: The arguments as the model wrote them.
    """
    arguments = _arguments(given)
    if arguments is None:
        error: ServiceError = ValidationFailed("the arguments are not a JSON object")
        return json.dumps(error.envelope())
    try:
        return _text(await tools.call_tool(name, arguments))
    except (Forbidden, NotReached, RateLimited) as refused:
        error = refused
    except ServiceError:
        # The SDK's own text would ask the model to repeat the call.
        error = Unavailable(_UNKNOWN_OUTCOME)
    except Exception:
        _log.exception("tool call failed")
        error = Unavailable(_UNKNOWN_OUTCOME)
    return json.dumps(error.envelope())


def _arguments(given: str) -> dict[str, Any] | None:
    try:
        arguments = parsed_arguments(given)
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None


def _text(result: CallToolResult) -> str:
    text = "\n".join(each.text for each in result.content if isinstance(each, TextContent))
    return text if len(text) <= _MOST_RESULT else f"{text[:_MOST_RESULT]}\n[cut: ask for less]"
