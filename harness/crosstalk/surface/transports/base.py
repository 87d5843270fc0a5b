"""The interface of transports: each sends one request of JSON-RPC and gives its reply."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from crosstalk.core.errors import TargetFailedError
from crosstalk.surface.credentials import Presented
from crosstalk.surface.transports.inputs import CAPABILITIES, input_for

CLIENT_INFO = {"name": "crosstalk", "version": "1"}
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class TransportError(TargetFailedError):
    """No reply came; the message says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply and what came with it.

    Attributes:
        status: HTTP status; None where there is no HTTP.
        body: The decoded message, or whatever stood in its place.
        headers: Response headers, lower-case names.
        unsolicited: Messages and lines that reached the caller meanwhile and are not the reply.
        event_ids: Ids of the events of the stream that it came on, by which that can be resumed.
        task_id: Id of the task whose result it is.
    """

    status: int | None
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    unsolicited: tuple[Any, ...] = ()
    event_ids: tuple[str, ...] = ()
    task_id: str = ""


class Transport(Protocol):
    """Carries requests to one server; holds the connections."""

    @property
    def where(self) -> str:
        """Return the server's address or command, for messages."""
        ...

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """Send a request and wait for its reply.

        Raises:
            TransportError: There is none.
            ValueError, RecursionError: The transport cannot express the request.
        """
        ...

    def close(self) -> None:
        """Close the connections and end the processes."""
        ...


def message(method: str, params: Mapping[str, Any], identifier: int | None) -> dict[str, Any]:
    """Return a request of JSON-RPC 2.0; without an identifier a notification."""
    known = {"id": identifier} if identifier is not None else {}
    return {"jsonrpc": "2.0", **known, "method": method, "params": dict(params)}


def initialize_params(revision: str) -> dict[str, Any]:
    """Return what the handshake offers."""
    return {"protocolVersion": revision, "capabilities": CAPABILITIES, "clientInfo": CLIENT_INFO}


def response_to(request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the response to a request of the server; None for a notification or a reply."""
    if "method" not in request or "id" not in request:
        return None
    given = input_for(request)
    if given is not None:
        return {"jsonrpc": "2.0", "id": request["id"], "result": given}
    refusal = {"code": -32601, "message": "not offered by this client"}
    return {"jsonrpc": "2.0", "id": request["id"], "error": refusal}


def is_reply_to(identifier: int, body: Any) -> bool:
    """Return whether a message is the reply to that request; an id sent back as text counts too."""
    return (
        isinstance(body, Mapping)
        and "method" not in body
        and ("result" in body or "error" in body)
        and str(body.get("id")) == str(identifier)
    )


def address(template: str, presented: Presented) -> str:
    """Return the address with each `{name}` replaced by its value, quoted, and with the query.

    A name without a value is left empty: a caller without a credential has nothing to put there.
    """
    values = presented.address
    url = _PLACE.sub(lambda match: quote(values.get(match.group(1), ""), safe=""), template)
    if not presented.query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(presented.query, quote_via=quote)}"
