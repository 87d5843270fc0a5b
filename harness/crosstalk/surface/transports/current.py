"""Streamable HTTP in revision 2026-07-28: no handshake, no session, one POST a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import httpx2

from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import clean_headers, decode, encode
from crosstalk.surface.mcp.stateless_messages import request
from crosstalk.surface.transports.base import Reply, TransportError, filled, is_reply_to
from crosstalk.surface.transports.http import HttpTransport

# From method, parameters and number to the headers of the protocol and the message.
Form: TypeAlias = Callable[
    [str, Mapping[str, Any], int], tuple[Mapping[str, str], Mapping[str, Any]]
]


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
        try:
            response = self._http.post(
                filled(self._url, presented.address),
                content=encode(content),
                headers={**protocol, **presented.headers},
            )
        except httpx2.HTTPError as error:
            raise TransportError(
                f"no MCP server answers at {self._url} ({type(error).__name__})"
            ) from error
        return Reply(
            response.status_code,
            _reply_among(decode(response), identifier),
            clean_headers(response),
        )


def _reply_among(body: Any, identifier: int) -> Any:
    """The reply among the messages of a stream; anything else as it is."""
    if isinstance(body, list):
        return next((each for each in body if is_reply_to(identifier, each)), body)
    return body
