"""JSON-RPC over HTTP as people write it by hand: no handshake, no headers of the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.surface.transports.base import message
from crosstalk.surface.transports.current import CurrentHttp

_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


class PlainHttp(CurrentHttp):
    """One endpoint that takes a JSON-RPC request by POST and answers with the reply.

    Args:
        url: The endpoint; `{name}` stands for what the caller puts into the address.
        timeout: Seconds for one request.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        super().__init__(url, timeout=timeout, form=_plain)


def _plain(
    method: str, params: Mapping[str, Any], identifier: int
) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    return _HEADERS, message(method, params, identifier)
