"""What the transports over HTTP share: an address, numbered requests, one pool of connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.surface.http.delivery import MessageNumbers
from crosstalk.surface.http.exchange import client
from crosstalk.surface.transports.base import Reply, initialize_params, message

INITIALIZED = message("notifications/initialized", {}, None)


class HttpTransport:
    """One server behind one address.

    Args:
        url: The address; `{name}` stands for what the caller puts into it.
        timeout: Seconds for one request.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._ids = MessageNumbers()
        self._http = client(timeout)

    @property
    def where(self) -> str:
        """The address."""
        return self._url

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def handshake(revision: str) -> tuple[str, dict[str, Any]]:
    """Method and parameters of the request that begins a session before 2026-07-28."""
    return "initialize", initialize_params(revision)


def agreed(reply: Reply) -> Mapping[str, Any] | None:
    """What the server settled in a handshake; None where it wanted none of it."""
    result = reply.body.get("result") if isinstance(reply.body, Mapping) else None
    return result if isinstance(result, Mapping) else None
