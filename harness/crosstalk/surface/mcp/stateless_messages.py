"""Lists and results of one MCP server that speaks revision 2026-07-28."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.exchange import error_fields
from crosstalk.surface.transports.base import Reply, TransportError
from crosstalk.surface.transports.current import CurrentHttp

METHOD_NOT_FOUND = "-32601"


class McpWire:
    """Requests to one MCP endpoint.

    Args:
        url: The endpoint.
        timeout: Seconds for one request.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        self.url = url
        self._transport = CurrentHttp(url, timeout=timeout)

    def post(self, method: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
        """Send one request; `headers` win over those of the protocol.

        Raises:
            TransportError: There is no answer.
            ValueError, RecursionError: JSON or HTTP cannot express the request.
        """
        return self._transport.request(method, params, Presented(headers))

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
                reply = self.post(method, {"cursor": cursor} if cursor else {}, headers)
            except TransportError as error:
                raise SurfaceError(str(error)) from error
            body = reply.body
            result = result_of(body)
            if result is None or not isinstance(result.get(key), list):
                code, message = error_fields(body)
                if code == METHOD_NOT_FOUND:
                    return None
                reason = message or code or f"HTTP {reply.status}"
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
        self._transport.close()


def result_of(body: Any) -> Mapping[str, Any] | None:
    """The result in a reply, or in the last message of a stream that has one."""
    if isinstance(body, list):
        body = next((each for each in reversed(body) if result_of(each) is not None), None)
    if isinstance(body, Mapping) and isinstance(body.get("result"), Mapping):
        result: Mapping[str, Any] = body["result"]
        return result
    return None


def refusal(reply: Reply) -> Answer:
    """The answer where there is no result: a rate limit, or an error of HTTP or JSON-RPC."""
    body = reply.body
    if reply.status == 429:
        return Answer(Outcome.LIMITED, 429, body, reply.headers, unsolicited=reply.unsolicited)
    code, message = error_fields(body)
    if isinstance(body, Mapping) and "jsonrpc" in body:
        # The id of the request is new each time and says nothing.
        body = {key: value for key, value in body.items() if key not in ("jsonrpc", "id")}
    return Answer(
        Outcome.ERROR, reply.status, body, reply.headers, code, message, reply.unsolicited
    )
