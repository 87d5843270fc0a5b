"""The server: every call passes the subject check, and every failure is the envelope.

A tool takes `user_id` because that is the contract clients know; the token identifies the caller.
The two must agree before the tool's own code runs. Resources and prompts take no `user_id`:
they ask `caller()`, and without a verified subject nothing is read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Container, Iterable
from typing import Any, TypeVar

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    CallToolResult,
    GetPromptResult,
    InputRequiredResult,
    ListResourcesResult,
    TextContent,
)
from mcp.types import Tool as ToolDescription
from pydantic import AnyUrl, ValidationError

from system.errors import (
    Forbidden,
    NotFound,
    ServerError,
    ServiceError,
    Unavailable,
    ValidationFailed,
)
from system.mcp.gate import caller
from system.mcp.idempotency import SCHEMA, key_of
from system.mcp.protocol_errors import printable, protocol_error, reasons, service_error
from system.mcp.sdk_adapter import AdaptedServer
from system.observe.metrics import count_tool_call
from system.observe.tracing import span
from system.wire.idempotency_key_meta import META_KEY

_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
Listing = Callable[[str, str | None], Awaitable[ListResourcesResult]]


class GuardedServer(AdaptedServer):
    """An `MCPServer` that answers only about the token's subject.

    Attributes:
        call_timeout_seconds: For one tool call, resource or prompt.
        resource_listing: Lists a subject's resources from a cursor on.
    """

    call_timeout_seconds: float = 12.0
    resource_listing: Listing | None = None

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any],
        context: Context[Any, Any] | None = None,
    ) -> CallToolResult | InputRequiredResult:
        """Check the subject, run the tool, answer failures with the envelope."""
        started = time.perf_counter()
        known = self.find_tool(name) is not None
        tool = name if known else "unknown"
        outcome = "cancelled"
        try:
            with span(f"tool {tool}", attributes={"mcp.tool.name": tool}):
                result = await self._guarded(name, arguments, context)
            outcome = "ok"
            return result
        except ServiceError as error:
            outcome = error.code
            return _error_result(error)
        except Exception:
            outcome = ServerError.code
            _log.exception("tool failed", extra={"tool": tool})
            return _error_result(ServerError())
        finally:
            seconds = time.perf_counter() - started
            count_tool_call(tool, outcome, seconds)
            _log.info(
                "tool call",
                extra={"tool": tool, "outcome": outcome, "ms": round(seconds * 1000, 1)},
            )

    async def _guarded(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None
    ) -> CallToolResult | InputRequiredResult:
        tool = self.find_tool(name)
        if tool is None:
            raise NotFound("no such tool")
        _refuse_unknown(arguments, tool.parameters["properties"])
        _require_subject(arguments)
        try:
            with key_of(context.request_context.meta if context is not None else None):
                async with asyncio.timeout(self.call_timeout_seconds):
                    return await super().call_tool(name, arguments, context)
        except TimeoutError:
            raise Unavailable("the call took too long", retry_after=1) from None
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError):
                raise ValidationFailed(details=reasons(cause)) from None
            if isinstance(cause, ServiceError):
                raise cause from None
            raise

    async def list_tools(self) -> list[ToolDescription]:
        """The tools, saying that they take no other arguments, and which take a key."""
        tools = await super().list_tools()
        for tool in tools:
            tool.input_schema["additionalProperties"] = False
            if tool.annotations is None or not tool.annotations.read_only_hint:
                tool.meta = {**(tool.meta or {}), META_KEY: SCHEMA}
        return tools

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read a resource of the caller.

        Raises:
            MCPError: There is none of that URI for this caller, or it cannot be read now.
        """
        work = super().read_resource(uri, context)
        return await self.answer("resources/read", work, str(uri))

    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        context: Context[Any, Any] | None = None,
    ) -> GetPromptResult | InputRequiredResult:
        """Fill a prompt with the caller's data.

        Raises:
            MCPError: There is no such prompt, an argument is not valid, or it cannot be filled now.
        """
        return await self.answer("prompts/get", self._prompt(name, arguments or {}, context))

    async def _prompt(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None
    ) -> GetPromptResult | InputRequiredResult:
        prompt = self.find_prompt(name)
        if prompt is None:
            raise NotFound("no such prompt")
        _refuse_unknown(arguments, [each.name for each in prompt.arguments or ()])
        return await super().get_prompt(name, arguments, context)

    async def list_resources_page(self, cursor: str | None) -> ListResourcesResult:
        """Return a page of the caller's resources.

        Raises:
            MCPError: The cursor is not valid, or they cannot be listed now.
        """
        return await self.answer("resources/list", self._resources(cursor))

    async def _resources(self, cursor: str | None) -> ListResourcesResult:
        if self.resource_listing is None:
            return ListResourcesResult(resources=[])
        return await self.resource_listing(caller(), cursor)

    def seal(self) -> None:
        """Declare the tools complete.

        The SDK looks through a tool's schema at each call for arguments that headers must repeat
        (2026-07-28, `x-mcp-header`), which costs a twentieth of a call. Where no tool has any,
        there is nothing to look for.
        """
        if "x-mcp-header" not in json.dumps(self.tool_parameters()):
            self.compare_no_headers()

    async def answer(self, what: str, work: Awaitable[Answer], uri: str | None = None) -> Answer:
        """Wait for what was asked, within the time limit.

        Raises:
            MCPError: It failed; the error carries the envelope.
        """
        started = time.perf_counter()
        outcome = "ok"
        try:
            async with asyncio.timeout(self.call_timeout_seconds):
                return await work
        except TimeoutError:
            outcome = Unavailable.code
            late = Unavailable("the call took too long", retry_after=1)
            raise protocol_error(late, uri) from None
        except Exception as error:
            found = service_error(error)
            outcome = found.code
            if isinstance(found, ServerError):
                _log.exception(f"{what} failed")
            raise protocol_error(found, uri) from None
        finally:
            seconds = time.perf_counter() - started
            count_tool_call(what, outcome, seconds)
            _log.info(what, extra={"outcome": outcome, "ms": round(seconds * 1000, 1)})


def _refuse_unknown(arguments: Iterable[str], accepted: Container[str]) -> None:
    unknown = sorted(printable(each) for each in arguments if each not in accepted)
    if unknown:
        raise ValidationFailed(details=dict.fromkeys(unknown[:5], "is not an argument"))


def _require_subject(arguments: dict[str, Any]) -> None:
    """Refuse a call in another user's name.

    Raises:
        Forbidden: `user_id` is not the token's subject.
        ValidationFailed: There is no `user_id`.
    """
    subject = caller()
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
