"""MCP tools as operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp.shared.inbound import find_invalid_x_mcp_header, mcp_param_headers, x_mcp_header_map

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.exchange import error_fields, unreachable, unsendable
from crosstalk.surface.http.json_text import loads
from crosstalk.surface.mcp.stateless_messages import McpWire, refusal, result_of
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.schemas import parameter, role_of
from crosstalk.surface.transports.base import TransportError
from crosstalk.surface.transports.current import request


class McpSurface:
    """The tools of one MCP server.

    Args:
        url: The endpoint.
        discovery_headers: Headers for listing the tools.
        timeout: Seconds for one call.
    """

    def __init__(
        self, url: str, discovery_headers: Mapping[str, str], *, timeout: float = 20.0
    ) -> None:
        self._wire = McpWire(url, timeout=timeout)
        self._discovery_headers = dict(discovery_headers)

    def discover(self) -> list[Operation]:
        """The server's tools.

        Raises:
            SurfaceError: It cannot be reached, or does not list tools.
        """
        tools = self._wire.listed("tools/list", "tools", self._discovery_headers)
        if tools is None:
            raise SurfaceError(f"{self._wire.url} has no tools")
        return [_operation(tool) for tool in tools]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Answer:
        """Call a tool."""
        about: frozenset[str] = operation.extra.get("meta", frozenset())
        params = {
            "name": operation.name.split(":", 1)[1],
            "arguments": {name: value for name, value in arguments.items() if name not in about},
            "_meta": {name: value for name, value in arguments.items() if name in about},
        }
        try:
            mirrored = mcp_param_headers(operation.extra.get("mirrored", {}), arguments)
            reply = self._wire.post("tools/call", params, {**mirrored, **headers})
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        result = result_of(reply.body)
        if reply.status == 429 or result is None:
            return refusal(reply)
        content = _content(result)
        outcome, code, message = Outcome.OK, None, None
        if result.get("isError"):
            outcome = Outcome.ERROR
            code, message = error_fields(content)
        return Answer(
            outcome, reply.status, content, reply.headers, code, message, reply.unsolicited
        )

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()


def tool_call(name: str, arguments: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers and message of one tool call, for whoever sends it by other means."""
    return request("tools/call", {"name": name, "arguments": dict(arguments)}, 1)


def _operation(tool: Mapping[str, Any]) -> Operation:
    schema = tool.get("inputSchema") or {}
    required = set(schema.get("required", ()))
    parameters = tuple(
        parameter(name, each, schema, required=name in required)
        for name, each in (schema.get("properties") or {}).items()
    )
    keys = tuple(
        parameter(name, each, {}, required=False)
        for name, each in (tool.get("_meta") or {}).items()
        if isinstance(each, Mapping) and role_of(name, each) is Role.KEY
    )
    reads_only = bool((tool.get("annotations") or {}).get("readOnlyHint"))
    needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
    return Operation(
        surface="mcp",
        name=f"mcp:{tool['name']}",
        parameters=(*parameters, *keys),
        reads_only=reads_only,
        lists=reads_only and not needs,
        extra={
            # Headers that must repeat an argument (transports, section Custom Headers).
            "mirrored": {} if find_invalid_x_mcp_header(schema) else x_mcp_header_map(schema),
            # What travels in the request's `_meta`, as the tool's own `_meta` announces.
            "meta": frozenset(each.name for each in keys),
        },
    )


def _content(result: Mapping[str, Any]) -> Any:
    blocks = [
        loads(str(block.get("text", "")))
        if isinstance(block, Mapping) and block.get("type", "text") == "text"
        else block
        for block in result.get("content") or ()
    ]
    structured = result.get("structuredContent")
    if structured is None:
        return blocks[0] if len(blocks) == 1 else blocks
    # Blocks that say something else are evidence too: a leak may be in the prose alone.
    other = [block for block in blocks if block != structured]
    if other and isinstance(structured, Mapping):
        return {
            **structured,
            "content": [*([structured["content"]] if "content" in structured else []), *other],
        }
    return [structured, *other] if other else structured
