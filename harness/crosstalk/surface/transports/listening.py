"""Standing streams: what a server sends a caller outside of any reply, and what it sends again.

The stream of a session (2025-03-26 to 2025-11-25, Listening for Messages from the Server) and the
answer to `subscriptions/listen` (2026-07-28) never end, so each is read by a thread of its own.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

import httpx2

from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.event_stream import is_stream, parsed
from crosstalk.surface.http.exchange import clean_headers, decode
from crosstalk.surface.http.json_text import loads
from crosstalk.surface.transports.base import Reply, response_to

# How long is waited for the head of a stream, for a first message, and for one more.
_HEAD_SECONDS = 2.0
LISTENING_SECONDS = 0.06
_MORE_SECONDS = 0.02
_ENDED = object()


@runtime_checkable
class Listening(Protocol):
    """A transport on which a server can send what no client asked for."""

    def listen(self, uris: Iterable[str], presented: Presented) -> Reply:
        """Return what reached the caller since the last time, as a result with `messages`.

        Args:
            uris: Resources of which the caller wants to hear.
            presented: Who listens.

        Raises:
            TransportError: The server does not answer.
        """
        ...


@runtime_checkable
class Resuming(Protocol):
    """A transport whose streams go on after the connection was lost."""

    def resume(self, event: str, presented: Presented) -> Reply:
        """Return what a server sends again after an event, as a result with `messages`.

        Args:
            event: Id of an event; of another user's stream in an attack.
            presented: Who asks, and on whose session.

        Raises:
            TransportError: The server does not answer.
        """
        ...


class Listener:
    """One standing stream.

    Args:
        http: Sends the request; it has no limit of connections.
        request: Opens the stream.
    """

    def __init__(self, http: httpx2.Client, request: httpx2.Request) -> None:
        self.ended = False
        self.event_ids: list[str] = []
        self._refused: Reply | None = None
        self._response: httpx2.Response | None = None
        self._arrived: queue.Queue[Any] = queue.Queue()
        self._opened = threading.Event()
        self._waited = False
        threading.Thread(target=self._read, args=(http, request), daemon=True).start()

    def received(self, first: float = LISTENING_SECONDS) -> Reply:
        """Return the messages that came since the last time, or the refusal of the stream.

        Args:
            first: Seconds to wait for a first message.
        """
        # Some servers send the head with the first message; it is waited for once.
        self._opened.wait(0 if self._waited else _HEAD_SECONDS)
        self._waited = True
        if self._refused is not None:
            return self._refused
        return messages_of(drained(self._arrived, first, _ENDED))

    def close(self) -> None:
        """End the stream."""
        self.ended = True
        if self._response is not None:
            hang_up(self._response)

    def _read(self, http: httpx2.Client, request: httpx2.Request) -> None:
        try:
            self._response = response = http.send(request, stream=True)
            if not is_stream(response):
                response.read()
                self._refused = Reply(
                    response.status_code, decode(response), clean_headers(response)
                )
                response.close()
                return
            self._opened.set()
            for event in parsed(response.iter_bytes()):
                self.event_ids += ids_among(event.other)
                if event.data:
                    self._arrived.put(loads(event.data))
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError, RuntimeError) as error:
            # Closed from here or from there: both end it.
            if not self._opened.is_set():
                self._refused = Reply(None, {"error": type(error).__name__})
        finally:
            self.ended = True
            self._arrived.put(_ENDED)
            self._opened.set()


def drained(arrived: queue.Queue[Any], first: float, ended: object) -> list[Any]:
    """Return what is in a queue; waits for a first entry, and shortly for each further one.

    Args:
        arrived: Is filled by another thread.
        first: Seconds to wait for the first entry.
        ended: The entry after which none comes.
    """
    found: list[Any] = []
    with contextlib.suppress(queue.Empty):
        while True:
            entry = arrived.get(timeout=_MORE_SECONDS if found else first)
            if entry is ended:
                arrived.put(ended)
                return found
            found.append(entry)
    return found


def messages_of(found: Iterable[Any], event_ids: Iterable[str] = ()) -> Reply:
    """Return messages as the result of a reply; what acknowledges or replies to nothing is left."""
    result = {"messages": list(found)}
    return Reply(200, {"jsonrpc": "2.0", "result": result}, event_ids=tuple(event_ids))


def sent_again(http: httpx2.Client, request: httpx2.Request, seconds: float) -> Reply:
    """Return what a server sends on a resumed stream within some seconds.

    Raises:
        httpx2.HTTPError: It does not answer.
    """
    timeout = request.extensions.get("timeout", {})
    request.extensions["timeout"] = {**timeout, "read": seconds}
    messages: list[Any] = []
    ids: list[str] = []
    response = http.send(request, stream=True)
    try:
        if not is_stream(response):
            response.read()
            return Reply(response.status_code, decode(response), clean_headers(response))
        began = time.monotonic()
        with contextlib.suppress(httpx2.ReadTimeout):
            for event in parsed(response.iter_bytes()):
                ids += ids_among(event.other)
                if event.data:
                    messages.append(loads(event.data))
                if time.monotonic() - began >= seconds:
                    break
    finally:
        response.close()
    return messages_of(messages, ids)


def answers_to(messages: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the responses to the requests among messages of a server."""
    asked = [each for each in messages if isinstance(each, Mapping)]
    return [answer for each in asked if (answer := response_to(each)) is not None]


def ids_among(lines: Iterable[str]) -> list[str]:
    """Return the event ids among the lines of an event that are not its data."""
    return [line.partition(":")[2].strip() for line in lines if line.startswith("id:")]


def hang_up(response: httpx2.Response) -> None:
    """Wake the thread that reads a response by shutting the connection down under it."""
    network = response.extensions.get("network_stream")
    raw = network.get_extra_info("socket") if network is not None else None
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.shutdown(2)
