"""The tool server: every call passes the subject check, and every failure is the envelope.

A tool takes `user_id` because that is the contract clients know; who the caller is, the token
says. The two must agree before the tool's own code runs.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult, TextContent
from mcp.types import Tool as ToolDescription
from pydantic import ValidationError

from system.errors import (
    Forbidden,
    NotFound,
    ServerError,
    ServiceError,
    Unavailable,
    ValidationFailed,
)
from system.mcp.gate import current_subject
from system.observe.metrics import count_tool_call

_log = logging.getLogger(__name__)


class GuardedServer(MCPServer[Any]):
    """An `MCPServer` whose tools run only for the subject they name."""

    call_timeout_seconds: float = 12.0

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any],
        context: Context[Any, Any] | None = None,
    ) -> CallToolResult | InputRequiredResult:
        """Check the subject, run the tool, answer failures with the envelope."""
        started = time.perf_counter()
        known = self._tool_manager.get_tool(name) is not None
        outcome = "ok"
        try:
            return await self._guarded(name, arguments, context)
        except ServiceError as error:
            outcome = error.code
            return _error_result(error)
        except Exception:
            outcome = ServerError.code
            _log.exception("tool failed", extra={"tool": name if known else "unknown"})
            return _error_result(ServerError())
        finally:
            tool = name if known else "unknown"
            seconds = time.perf_counter() - started
            count_tool_call(tool, outcome, seconds)
            _log.info(
                "tool call",
                extra={"tool": tool, "outcome": outcome, "ms": round(seconds * 1000, 1)},
            )

    async def _guarded(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None
    ) -> CallToolResult | InputRequiredResult:
        tool = self._tool_manager.get_tool(name)
        if tool is None:
            raise NotFound("no such tool")
        accepted = tool.parameters["properties"]
        unknown = sorted(_printable(each) for each in arguments if each not in accepted)
        if unknown:
            raise ValidationFailed(details=dict.fromkeys(unknown[:5], "is not an argument"))
        _require_subject(arguments)
        try:
            async with asyncio.timeout(self.call_timeout_seconds):
                return await super().call_tool(name, arguments, context)
        except TimeoutError:
            raise Unavailable("the call took too long", retry_after=1) from None
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError):
                raise ValidationFailed(details=_reasons(cause)) from None
            if isinstance(cause, ServiceError):
                raise cause from None
            raise

    async def list_tools(self) -> list[ToolDescription]:
        """The tools, saying that they take no other arguments."""
        tools = await super().list_tools()
        for tool in tools:
            tool.input_schema["additionalProperties"] = False
        return tools


def _require_subject(arguments: dict[str, Any]) -> None:
    """Refuse a call made in anybody else's name.

    Raises:
        Forbidden: `user_id` is not the token's subject.
        ValidationFailed: There is no `user_id`.
    """
    subject = current_subject(get_access_token())
    claimed = arguments.get("user_id")
    if not isinstance(claimed, str):
        raise ValidationFailed(details={"user_id": "must be a string"})
    if claimed != subject:
        _log.warning("refused: user_id is not the subject", extra={"layer": "mcp.subject"})
        raise Forbidden()


def _error_result(error: ServiceError) -> CallToolResult:
    envelope = error.envelope()
    text = TextContent(type="text", text=json.dumps(envelope))
    return CallToolResult(content=[text], structured_content=envelope, is_error=True)


def _reasons(error: ValidationError) -> dict[str, object]:
    """Argument name to what is wrong with it; never the value."""
    return {
        _printable(".".join(str(part) for part in item["loc"])): item["msg"]
        for item in error.errors(include_input=False, include_context=False, include_url=False)
    }


def _printable(name: str) -> str:
    return name.encode("ascii", "replace").decode()[:60]
