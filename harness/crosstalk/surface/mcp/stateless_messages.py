"""MCP messages over streamable HTTP in revision 2026-07-28: stateless, one POST a request.

The messages are written here rather than by the SDK's client, because a verifier must be able to
send what a well-behaved client never would.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2
from mcp.shared.inbound import NAME_BEARING_METHODS, encode_header_value

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.delivery import MessageNumbers
from crosstalk.surface.http.exchange import clean_headers, client, decode, encode, error_fields

PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "crosstalk", "version": "1"},
}
METHOD_NOT_FOUND = "-32601"


class McpWire:
    """Requests to one MCP endpoint.

    Args:
        url: The endpoint.
        timeout: Seconds for one request.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        self.url = url
        self._ids = MessageNumbers()
        self._http = client(timeout)

    def post(
        self, method: str, params: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx2.Response:
        """Send one request; `headers` win over those of the protocol.

        Raises:
            httpx2.HTTPError: There is no answer.
            ValueError, RecursionError: JSON or HTTP cannot express the request.
        """
        protocol, message = request(method, params, next(self._ids))
        return self._http.post(self.url, content=encode(message), headers={**protocol, **headers})

    def listed(
        self, method: str, key: str, headers: Mapping[str, str]
    ) -> list[Mapping[str, Any]] | None:
        """Everything on all pages of a list; None where the server has no such list.

        Raises:
            SurfaceError: The server cannot be reached, or does not answer with a list.
        """
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            try:
                response = self.post(method, {"cursor": cursor} if cursor else {}, headers)
            except httpx2.HTTPError as error:
                raise SurfaceError(
                    f"no MCP server answers at {self.url} ({type(error).__name__})"
                ) from error
            body = decode(response)
            result = result_of(body)
            if result is None or not isinstance(result.get(key), list):
                code, message = error_fields(body)
                if code == METHOD_NOT_FOUND:
                    return None
                reason = message or code or f"HTTP {response.status_code}"
                raise SurfaceError(f"{self.url} does not list {key}: {reason}")
            found += [each for each in result[key] if isinstance(each, Mapping)]
            cursor = result.get("nextCursor")
            if not cursor:
                return found
            if cursor in seen:
                raise SurfaceError(f"{self.url} lists its {key} in a circle")
            seen.add(cursor)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def request(
    method: str, params: Mapping[str, Any], identifier: int
) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers and message of one request."""
    name = params.get(NAME_BEARING_METHODS.get(method, ""))
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": PROTOCOL,
        "Mcp-Method": method,
        **({"Mcp-Name": encode_header_value(name)} if isinstance(name, str) else {}),
    }
    message = {
        "jsonrpc": "2.0",
        "id": identifier,
        "method": method,
        "params": {**params, "_meta": {**_META, **params.get("_meta", {})}},
    }
    return headers, message


def result_of(body: Any) -> Mapping[str, Any] | None:
    """The result in a reply, or in the last message of a stream that has one."""
    if isinstance(body, list):
        body = next((each for each in reversed(body) if result_of(each) is not None), None)
    if isinstance(body, Mapping) and isinstance(body.get("result"), Mapping):
        result: Mapping[str, Any] = body["result"]
        return result
    return None


def refusal(response: httpx2.Response, body: Any) -> Answer:
    """The answer where there is no result: a rate limit, or an error of HTTP or JSON-RPC."""
    noted = clean_headers(response)
    if response.status_code == 429:
        return Answer(Outcome.LIMITED, 429, body, noted)
    code, message = error_fields(body)
    if isinstance(body, Mapping) and "jsonrpc" in body:
        # The id of the request is new each time and says nothing.
        body = {key: value for key, value in body.items() if key not in ("jsonrpc", "id")}
    return Answer(Outcome.ERROR, response.status_code, body, noted, code, message)


def json_or_text(text: str) -> Any:
    """What a text block holds."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
