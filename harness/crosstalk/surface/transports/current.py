"""Streamable HTTP in revision 2026-07-28: no handshake, no session, one POST a request.

The messages are written here rather than by the SDK's client, because a verifier must be able to
send what a well-behaved client never would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from mcp.shared.inbound import NAME_BEARING_METHODS, encode_header_value

from crosstalk.surface.credentials import Presented
from crosstalk.surface.transports.base import CLIENT_INFO, Reply, address
from crosstalk.surface.transports.http import HttpTransport
from crosstalk.surface.transports.inputs import CAPABILITIES

PROTOCOL = "2026-07-28"
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
