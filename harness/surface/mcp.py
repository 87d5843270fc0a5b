"""MCP tools over streamable HTTP in revision 2026-07-28: stateless, one POST a call.

The messages are written here rather than by the SDK's client, because a verifier must be able to
send what a well-behaved client never would.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import httpx2
from mcp.shared.inbound import (
    encode_header_value,
    find_invalid_x_mcp_header,
    mcp_param_headers,
    x_mcp_header_map,
)

from harness.history import Answer, Outcome
from harness.surface.errors import SurfaceError
from harness.surface.exchange import (
    clean_headers,
    client,
    decode,
    encode,
    error_fields,
    unreachable,
    unsendable,
)
from harness.surface.operation import Operation, Role
from harness.surface.schemas import parameter

PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "crosstalk", "version": "1"},
}


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
        self._url = url
        self._discovery_headers = dict(discovery_headers)
        self._ids = itertools.count(1)
        self._http = client(timeout)

    def discover(self) -> list[Operation]:
        """The server's tools.

        Raises:
            SurfaceError: It cannot be reached, or does not list tools.
        """
        found: list[Operation] = []
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            params = {"cursor": cursor} if cursor else {}
            try:
                response = self._post("tools/list", params, None, self._discovery_headers)
            except httpx2.HTTPError as error:
                raise SurfaceError(
                    f"no MCP server answers at {self._url} ({type(error).__name__})"
                ) from error
            body = decode(response)
            result = _result(body)
            if result is None or not isinstance(result.get("tools"), list):
                code, message = error_fields(body)
                reason = message or code or f"HTTP {response.status_code}"
                raise SurfaceError(f"{self._url} does not list tools: {reason}")
            found += [_operation(tool) for tool in result["tools"]]
            cursor = result.get("nextCursor")
            if not cursor:
                return found
            if cursor in seen:
                raise SurfaceError(f"{self._url} lists its tools in a circle")
            seen.add(cursor)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Answer:
        """Call a tool."""
        name = operation.name.split(":", 1)[1]
        params = {"name": name, "arguments": dict(arguments)}
        try:
            mirrored = mcp_param_headers(operation.extra.get("mirrored", {}), arguments)
            response = self._post("tools/call", params, name, {**mirrored, **headers})
        except httpx2.HTTPError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        body = decode(response)
        noted = clean_headers(response)
        if response.status_code == 429:
            return Answer(Outcome.LIMITED, 429, body, noted)
        result = _result(body)
        if result is None:
            code, message = error_fields(body)
            return Answer(Outcome.ERROR, response.status_code, body, noted, code, message)
        content = _content(result)
        if result.get("isError"):
            code, message = error_fields(content)
            return Answer(Outcome.ERROR, response.status_code, content, noted, code, message)
        return Answer(Outcome.OK, response.status_code, content, noted)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _post(
        self,
        method: str,
        params: Mapping[str, Any],
        name: str | None,
        headers: Mapping[str, str],
    ) -> httpx2.Response:
        protocol, message = _request(method, params, name, next(self._ids))
        return self._http.post(self._url, content=encode(message), headers={**protocol, **headers})


def tool_call(name: str, arguments: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers and message of one tool call, for whoever sends it by other means."""
    return _request("tools/call", {"name": name, "arguments": dict(arguments)}, name, 1)


def _request(
    method: str, params: Mapping[str, Any], name: str | None, identifier: int
) -> tuple[dict[str, str], dict[str, Any]]:
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": PROTOCOL,
        "Mcp-Method": method,
        **({"Mcp-Name": encode_header_value(name)} if name else {}),
    }
    message = {
        "jsonrpc": "2.0",
        "id": identifier,
        "method": method,
        "params": {**params, "_meta": _META},
    }
    return headers, message


def _operation(tool: Mapping[str, Any]) -> Operation:
    schema = tool.get("inputSchema") or {}
    required = set(schema.get("required", ()))
    parameters = tuple(
        parameter(name, each, schema, required=name in required)
        for name, each in (schema.get("properties") or {}).items()
    )
    reads_only = bool((tool.get("annotations") or {}).get("readOnlyHint"))
    needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
    return Operation(
        surface="mcp",
        name=f"mcp:{tool['name']}",
        parameters=parameters,
        reads_only=reads_only,
        lists=reads_only and not needs,
        # Headers that must repeat an argument (transports, section Custom Headers).
        extra={"mirrored": {} if find_invalid_x_mcp_header(schema) else x_mcp_header_map(schema)},
    )


def _result(body: Any) -> Mapping[str, Any] | None:
    if isinstance(body, list):
        body = next((each for each in reversed(body) if _result(each) is not None), None)
    if isinstance(body, Mapping) and isinstance(body.get("result"), Mapping):
        result: Mapping[str, Any] = body["result"]
        return result
    return None


def _content(result: Mapping[str, Any]) -> Any:
    blocks = [
        _json_or_text(str(block.get("text", "")))
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


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
