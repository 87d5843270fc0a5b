"""Streamable HTTP in revision 2026-07-28: no handshake, no session, one POST a request.

The messages are written here rather than by the SDK's client, because a verifier must be able to
send what a well-behaved client never would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import httpx2
from mcp.shared.inbound import NAME_BEARING_METHODS, encode_header_value

from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.delivery import session_of
from crosstalk.surface.http.json_text import encode
from crosstalk.surface.transports.base import CLIENT_INFO, Reply, address
from crosstalk.surface.transports.http import HttpTransport
from crosstalk.surface.transports.inputs import CAPABILITIES
from crosstalk.surface.transports.listening import Listener, messages_of

PROTOCOL = "2026-07-28"
_MOST_LISTENERS = 64
_META = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
    "io.modelcontextprotocol/clientInfo": CLIENT_INFO,
}

# From method, parameters and number to the headers of the protocol and the message.
Form: TypeAlias = Callable[
    [str, Mapping[str, Any], int], tuple[Mapping[str, str], Mapping[str, Any]]
]


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


class CurrentHttp(HttpTransport):
    """One endpoint.

    Args:
        url: The endpoint; `{name}` stands for what the caller puts into the address.
        timeout: Seconds for one request.
        form: What a request looks like.
    """

    def __init__(self, url: str, *, timeout: float, form: Form = request) -> None:
        super().__init__(url, timeout=timeout)
        self._form = form
        self._listeners: dict[str, tuple[frozenset[str], Listener]] = {}

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """Send a request and wait for its reply.

        Raises:
            TransportError: There is none.
            ValueError, RecursionError: JSON or HTTP cannot express the request.
        """
        identifier = next(self._ids)
        protocol, content = self._form(method, params, identifier)
        return self._exchange(
            address(self._url, presented),
            content,
            {**protocol, **presented.header_fields()},
            identifier,
        )

    def listen(self, uris: Iterable[str], presented: Presented) -> Reply:
        """Return what came on the caller's subscription, which it opens (`subscriptions/listen`).

        Raises:
            TransportError: The server does not answer.
        """
        name, wanted = session_of(presented.connection), frozenset(uris)
        subscribed, listener = self._listeners.get(name, (frozenset[str](), None))
        if listener is None or listener.ended or not wanted <= subscribed:
            if listener is not None:
                listener.close()
            elif len(self._listeners) >= _MOST_LISTENERS:
                self._listeners.pop(next(iter(self._listeners)))[1].close()
            listener = Listener(self._standing, self._subscription(wanted, presented))
            self._listeners[name] = (wanted, listener)
        reply = listener.received()
        if not presented.alone and isinstance(reply.body, Mapping) and "result" in reply.body:
            return messages_of([])
        return reply

    def close(self) -> None:
        """Close the subscriptions and connections."""
        for _, each in self._listeners.values():
            each.close()
        self._listeners.clear()
        super().close()

    def _subscription(self, uris: frozenset[str], presented: Presented) -> httpx2.Request:
        kinds = dict.fromkeys(
            ("toolsListChanged", "promptsListChanged", "resourcesListChanged"), True
        )
        wanted = {**kinds, **({"resourceSubscriptions": sorted(uris)} if uris else {})}
        params = {"notifications": wanted}
        headers, content = self._form("subscriptions/listen", params, next(self._ids))
        return self._standing.build_request(
            "POST",
            address(self._url, presented),
            content=encode(content),
            headers={**headers, **presented.header_fields()},
            timeout=httpx2.Timeout(self._timeout, read=None),
        )
