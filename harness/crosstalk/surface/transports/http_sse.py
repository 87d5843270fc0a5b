"""HTTP with server-sent events, the transport of 2024-11-05: one long GET, answers come over it.

The server names in its first event where requests are posted; the POST itself is only
acknowledged. Each connection name has a stream of its own, read by a thread of its own.
"""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx2

from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.delivery import beside_kept_connections, in_full, session_of
from crosstalk.surface.http.event_stream import Event, is_stream, parsed
from crosstalk.surface.http.exchange import clean_headers, decode
from crosstalk.surface.http.json_text import encode, loads
from crosstalk.surface.transports.base import (
    Reply,
    TransportError,
    address,
    is_reply_to,
    message,
    response_to,
)
from crosstalk.surface.transports.http import (
    GREETING,
    INITIALIZED,
    HttpTransport,
    agreed,
    handshake,
)
from crosstalk.surface.transports.listening import (
    LISTENING_SECONDS,
    answers_to,
    drained,
    hang_up,
    messages_of,
)
from crosstalk.surface.wire_requests import hold_back, overhear, written

_REVISION = "2024-11-05"
_MAX_STREAMS = 64
_ENDED = object()
# Waited for where no request is.
_ANYTHING = "anything"


@dataclass(slots=True, eq=False)
class _Stream:
    """A stream that is being read, or the refusal where there is none.

    Several threads may wait on one stream: each gets the reply to its own request, and the one that
    has waited longest gets whatever is no such reply.
    """

    response: httpx2.Response | None = None
    endpoint: str = ""
    refused: Reply | None = None
    ended: bool = False
    _waiting: dict[str, queue.Queue[Any]] = field(default_factory=dict)
    _early: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def waiting(self, identifier: str) -> Iterator[queue.Queue[Any]]:
        """Wait for the reply to a request, from before it is sent."""
        arrived: queue.Queue[Any] = queue.Queue()
        with self._lock:
            for event in (*self._early, *([_ENDED] if self.ended else [])):
                arrived.put(event)
            self._early.clear()
            self._waiting[identifier] = arrived
        try:
            yield arrived
        finally:
            with self._lock:
                self._waiting.pop(identifier, None)

    def deliver(self, event: Event) -> None:
        """Put an event where it is awaited."""
        with self._lock:
            oldest = next(iter(self._waiting.values()), None)
            awaited = self._waiting.get(_answered(event) or "", oldest)
            if awaited is None:
                self._early.append(event)
            else:
                awaited.put(event)

    def end(self) -> None:
        """Tell every waiting thread that nothing more arrives."""
        with self._lock:
            self.ended = True
            for arrived in self._waiting.values():
                arrived.put(_ENDED)


class EventStream(HttpTransport):
    """One server.

    Args:
        url: Where the stream is; `{name}` stands for what the caller puts into the address.
        timeout: Seconds for one request.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        super().__init__(url, timeout=timeout)
        self._streams: dict[str, _Stream] = {}
        self._opening: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """Send a request and wait for its reply on the caller's stream.

        Raises:
            TransportError: There is none.
            ValueError, RecursionError: JSON or HTTP cannot express the request.
        """
        if method == GREETING:
            return self._greeted(presented)
        stream = self._stream(presented)
        if stream.refused is not None:
            return stream.refused
        try:
            return self._ask(method, params, presented, stream)
        except TransportError:
            # A request that was broken off ends nothing for those who share the stream.
            if stream.ended:
                self._drop(session_of(presented.connection), stream)
            raise

    def listen(self, uris: Iterable[str], presented: Presented) -> Reply:
        """Return what came on the caller's stream since the last time.

        Raises:
            TransportError: There is no stream.
        """
        stream = self._stream(presented)
        if stream.refused is not None:
            return stream.refused
        with stream.waiting(_ANYTHING) as arrived:
            events = drained(arrived, LISTENING_SECONDS, _ENDED)
        found = [loads(event.data) for event in events if event.data]
        for answer in answers_to(found):
            self._post(answer, presented, stream)
        # On a stream that several users share, a message belongs to none of them.
        return messages_of(found if presented.alone else [])

    def close(self) -> None:
        """Close the streams and connections."""
        for name in list(self._streams):
            self._drop(name)
        super().close()

    def _stream(self, presented: Presented) -> _Stream:
        name = session_of(presented.connection)
        with self._opening[name]:
            known = self._streams.get(name)
            if known is not None and not known.ended:
                return known
            stream = self._set_up(presented)
            if stream.refused is None:
                self._streams[name] = stream
        if len(self._streams) > _MAX_STREAMS:
            self._drop(next(iter(self._streams)))
        return stream

    def _set_up(self, presented: Presented) -> _Stream:
        """Open a stream and shake hands on it."""
        # A call may be broken off; a stream of which half was set up would answer nothing more.
        with in_full():
            stream = self._open(presented)
            if stream.refused is not None:
                return stream
            try:
                reply = self._ask(*handshake(_REVISION), presented, stream)
                if agreed(reply) is None:
                    _hang_up(stream)
                    return _Stream(refused=reply)
                self._post(INITIALIZED, presented, stream)
            except TransportError:
                _hang_up(stream)
                raise
        return stream

    def _greeted(self, presented: Presented) -> Reply:
        """Shake hands on a stream of its own: a greeting is given once a stream."""
        with in_full():
            stream = self._open(presented)
            if stream.refused is not None:
                return stream.refused
            try:
                return self._ask(*handshake(_REVISION), presented, stream)
            finally:
                _hang_up(stream)

    def _open(self, presented: Presented) -> _Stream:
        url = address(self._url, presented)
        # The stream is silent between requests.
        timeout = httpx2.Timeout(self._timeout, read=None)
        headers = {"Accept": "text/event-stream", **presented.header_fields()}
        try:
            asked = self._http.build_request("GET", url, headers=headers, timeout=timeout)
            with beside_kept_connections():
                response = self._http.send(asked, stream=True)
            if not is_stream(response):
                response.read()
                reply = Reply(response.status_code, decode(response), clean_headers(response))
                response.close()
                return _Stream(refused=reply)
        except httpx2.HTTPError as error:
            raise TransportError(
                f"no event stream at {self._url} ({type(error).__name__})"
            ) from error
        stream = _Stream(response)
        with stream.waiting(_ANYTHING) as arrived:
            threading.Thread(target=_read, args=(stream,), daemon=True).start()
            first = self._next(stream, arrived)
            while first.data is None:
                first = self._next(stream, arrived)
        if first.name != "endpoint":
            _hang_up(stream)
            raise TransportError(
                f"{self._url} is not an event stream of MCP: it began with {first.name!r}"
            )
        stream.endpoint = urljoin(url, first.data.strip())
        return stream

    def _ask(
        self, method: str, params: Mapping[str, Any], presented: Presented, stream: _Stream
    ) -> Reply:
        identifier = next(self._ids)
        with stream.waiting(str(identifier)) as arrived:
            posted = self._post(message(method, params, identifier), presented, stream)
            accepted = 200 <= (posted.status or 0) < 300
            if not accepted or is_reply_to(identifier, posted.body):
                return posted
            return self._reply(identifier, presented, stream, arrived)

    def _reply(
        self, identifier: int, presented: Presented, stream: _Stream, arrived: queue.Queue[Any]
    ) -> Reply:
        """Wait for the reply to a request that the server has accepted."""
        unsolicited: list[Any] = []
        while True:
            event = self._next(stream, arrived)
            unsolicited += event.other
            if event.data is None:
                continue
            found = loads(event.data)
            if is_reply_to(identifier, found):
                overhear(event.data, event=True)
                # On a stream that several users share, a message belongs to none of them.
                return Reply(200, found, unsolicited=tuple(unsolicited if presented.alone else ()))
            unsolicited.append(found)
            answer = response_to(found) if isinstance(found, Mapping) else None
            if answer is not None:
                self._post(answer, presented, stream)

    def _next(self, stream: _Stream, arrived: queue.Queue[Any]) -> Event:
        try:
            event = arrived.get(timeout=self._timeout)
        except queue.Empty:
            # Perhaps it is dead: the next request opens another.
            stream.ended = True
            raise TransportError(f"{self._url} was silent for {self._timeout:.0f} s") from None
        if event is _ENDED:
            raise TransportError(f"{self._url} ended the event stream")
        found: Event = event
        return found

    def _post(self, content: Mapping[str, Any], presented: Presented, stream: _Stream) -> Reply:
        headers = {"Content-Type": "application/json", **presented.header_fields()}
        asked = self._http.build_request(
            "POST", stream.endpoint, content=encode(content), headers=headers
        )
        hold_back(lambda: written(asked, stream=address(self._url, presented)))
        try:
            response = self._http.send(asked)
        except httpx2.HTTPError as error:
            raise TransportError(
                f"no answer at {stream.endpoint} ({type(error).__name__})"
            ) from error
        return Reply(response.status_code, decode(response), clean_headers(response))

    def _drop(self, name: str, stream: _Stream | None = None) -> None:
        """Hang up; where a stream is given, another one of that name stays."""
        found = self._streams.get(name)
        if found is not None and stream in (None, found):
            self._streams.pop(name, None)
        gone = stream or found
        if gone is not None:
            _hang_up(gone)


def _read(stream: _Stream) -> None:
    """Put every event of a stream where it is awaited, until the stream ends."""
    if stream.response is None:
        return
    try:
        for event in parsed(stream.response.iter_bytes()):
            stream.deliver(event)
    except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError, RuntimeError):
        # Closed from here or from there: both end it.
        pass
    stream.end()


def _answered(event: Event) -> str | None:
    """Return the id of the request that an event replies to, if it is a reply."""
    if event.data is None:
        return None
    try:
        found = loads(event.data)
    except (ValueError, RecursionError):
        return None
    replies = isinstance(found, Mapping) and "id" in found and is_reply_to(found["id"], found)
    return str(found["id"]) if replies else None


def _hang_up(stream: _Stream) -> None:
    stream.ended = True
    if stream.response is not None:
        hang_up(stream.response)
