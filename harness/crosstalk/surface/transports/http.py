"""The common part of transports over HTTP: an address, numbered requests, one pool."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import urljoin

import httpx2

from crosstalk.surface.http.delivery import MessageNumbers
from crosstalk.surface.http.event_stream import is_stream, parsed
from crosstalk.surface.http.exchange import clean_headers, client, decode
from crosstalk.surface.http.json_text import encode, loads
from crosstalk.surface.transports.base import (
    Reply,
    TransportError,
    initialize_params,
    is_reply_to,
    message,
    response_to,
)
from crosstalk.surface.transports.listening import ids_among
from crosstalk.surface.wire_requests import overhear

GREETING = "initialize"
# How often one reply's stream is resumed, and how long is waited before.
_MOST_RESUMPTIONS = 5
_MOST_PAUSE_SECONDS = 1.0
INITIALIZED = message("notifications/initialized", {}, None)

# Sends a message to the server on the way in which the caller's requests travel.
Send: TypeAlias = Callable[[Mapping[str, Any]], object]


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
        # Streams that stand keep their connections.
        self._standing = client(timeout, limits=httpx2.Limits(max_connections=None))

    @property
    def where(self) -> str:
        """Return the address."""
        return self._url

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._standing.close()

    def _exchange(
        self,
        url: str,
        content: Mapping[str, Any],
        headers: Mapping[str, str],
        identifier: int | None,
        respond: Send | None = None,
        resume: Callable[[str], Reply] | None = None,
    ) -> Reply:
        """Post a message and read what comes back, up to the reply.

        Args:
            url: Where to.
            content: The message.
            headers: The request's headers.
            identifier: Number of the request that is answered; None for a notification.
            respond: Sends an answer where the server asks something on the stream.
            resume: Goes on with a stream that ended before the reply, after the event of that id.

        Raises:
            TransportError: The server does not answer.
            ValueError, RecursionError: JSON or HTTP cannot express the message.
        """
        body = encode(content)
        try:
            with self._http.stream("POST", url, content=body, headers=headers) as response:
                if not is_stream(response):
                    response.read()
                    overhear(lambda: response.text)
                    moved = _moved(url, response)
                    if moved:
                        return self._exchange(moved, content, headers, identifier, respond, resume)
                    return Reply(response.status_code, decode(response), clean_headers(response))
                found, unsolicited = _reply_on(response, identifier, respond)
                headers = clean_headers(response)
                ids = tuple(ids_among(filter(_is_text, unsolicited)))
                reply = Reply(response.status_code, found, headers, unsolicited, ids)
            return _continued(reply, identifier, resume)
        except httpx2.HTTPError as error:
            raise TransportError(f"no MCP server answers at {url} ({type(error).__name__})") from (
                error
            )


def _moved(url: str, response: httpx2.Response) -> str:
    """Return where a message is to be posted instead, on the same origin; "" where nowhere.

    A mounted application redirects `/mcp` to `/mcp/` (RFC 9110, sections 15.4.8 and 15.4.9).
    """
    if response.status_code not in (307, 308):
        return ""
    moved = urljoin(url, response.headers.get("location", ""))
    # A longer chain than a slash more is no endpoint.
    slash = moved.rstrip("/") == url.rstrip("/") and moved != url and not url.endswith("/")
    return moved if slash else ""


def _continued(
    reply: Reply, identifier: int | None, resume: Callable[[str], Reply] | None
) -> Reply:
    """The reply on a stream that a server ended to have it resumed for the rest (SEP-1699)."""
    for _ in range(_MOST_RESUMPTIONS):
        if (
            resume is None
            or identifier is None
            or not reply.event_ids
            or isinstance(reply.body, Mapping)
        ):
            break
        time.sleep(min(_MOST_PAUSE_SECONDS, _pause_among(reply.unsolicited)))
        more = resume(reply.event_ids[-1])
        result = more.body.get("result") if isinstance(more.body, Mapping) else None
        messages = result.get("messages", []) if isinstance(result, Mapping) else []
        found = next((each for each in messages if is_reply_to(identifier, each)), None)
        others = [each for each in messages if each is not found]
        before = reply.body if isinstance(reply.body, list) else []
        reply = replace(
            reply,
            body=found if found is not None else [*before, *others],
            unsolicited=(*reply.unsolicited, *([*before, *others] if found is not None else ())),
            event_ids=(*reply.event_ids, *more.event_ids),
        )
    return reply


def _pause_among(lines: tuple[Any, ...]) -> float:
    """Seconds that a server asks to wait before its stream is resumed; `retry` is in ms."""
    said = [each.partition(":")[2].strip() for each in lines if _is_text(each) and "retry:" in each]
    return int(said[-1]) / 1_000 if said and said[-1].isdigit() else 0.0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _reply_on(
    response: httpx2.Response, identifier: int | None, respond: Send | None
) -> tuple[Any, tuple[Any, ...]]:
    """The reply on a stream, and what came before it; all messages where there is no reply.

    The stream is left as soon as the reply came, because not every server ends it.
    """
    messages: list[Any] = []
    other: list[str] = []
    for event in parsed(response.iter_bytes()):
        other += event.other
        if event.data is None:
            continue
        found = loads(event.data)
        if identifier is not None and is_reply_to(identifier, found):
            overhear(event.data, event=True)
            return found, (*messages, *other)
        messages.append(found)
        answer = response_to(found) if isinstance(found, Mapping) else None
        if answer is not None and respond is not None:
            respond(answer)
    return messages, tuple(other)


def handshake(revision: str) -> tuple[str, dict[str, Any]]:
    """Method and parameters of the request that begins a session before 2026-07-28."""
    return GREETING, initialize_params(revision)


def agreed(reply: Reply) -> Mapping[str, Any] | None:
    """Return the result of a handshake; None where the server refused it."""
    result = reply.body.get("result") if isinstance(reply.body, Mapping) else None
    return result if isinstance(result, Mapping) else None
