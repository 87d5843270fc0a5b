"""HTTP/1.1 as uvicorn speaks it with httptools, with bounds, and without its unneeded parts.

uvicorn bounds neither the bytes of a head nor the time that it takes, appends the trailers of a
chunked body to the headers, and lets requests pile up behind an answer that is never read. Here

- a head that is too large is answered 431 before it is kept, one that is too slow 408;
- trailers are thrown away (RFC 9110 section 6.5.1: they may be discarded, and must not be taken for
  header fields unless these allow it; no field of ours does);
- nothing of a body is read on before the application, behind its gate, asks for it;
- a client whose request was answered before all of it was read may finish sending, for a moment,
  as it could miss the answer otherwise (RFC 9112 section 9.6);
- a request to change to another protocol is answered in this one, after which the connection ends:
  the parser takes what follows its head for another protocol, so it must never be parsed as HTTP.

Every refusal is the error envelope.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from system.errors import BadRequest, HeadersTooLarge, HeadTooSlow, ServiceError, Unavailable
from system.wire.connections import ConnectionTable

_BODY_FIELDS = frozenset({b"content-length", b"transfer-encoding"})
_log = logging.getLogger(__name__)
# Heads are parsed in pieces, since the parser keeps what it has not understood.
_PIECE = 4_096


def bounded(table: ConnectionTable) -> type[asyncio.Protocol]:
    """The protocol for one server, whose connections share a table."""

    class Bounded(BoundedHttp):
        _table = table

    return Bounded


class BoundedHttp(HttpToolsProtocol):
    """One connection, which the table knows."""

    _table: ClassVar[ConnectionTable]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._limits = self._table.limits
        # A message is being parsed; its head is not over; the application has asked for its body.
        self._in_message = False
        self._in_head = True
        self._wanted = False
        self._fields = 0
        # Bytes since the parser last came to the end of something.
        self._without_progress = 0
        # Since when a head is awaited, an unwanted body is thrown away, an answer is not read,
        # and the transport is closing.
        self._head_since: float | None = None
        self._linger_since: float | None = None
        self._blocked_since: float | None = None
        self._closing_since: float | None = None
        # Nothing that comes now is parsed.
        self._deaf = False
        self._thrown_away = 0
        self._refusal: ServiceError | None = None

    @property
    def address(self) -> str:
        """The client's network address."""
        return str(self.client[0]) if self.client else "-"

    @property
    def _busy(self) -> bool:
        """Whether a request is being answered."""
        return bool(self.pipeline) or (self.cycle is not None and not self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, if there is room for it."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self._asked_for)
        self._head_since = self._table.clock()
        if not self._table.enter(self):
            self._refuse(Unavailable("too many connections", retry_after=1))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._table.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, as far as the bounds allow."""
        self._unset_keepalive_if_required()
        if self._deaf:
            self._throw_away(len(data))
            return
        if self._head_since is None and not self._in_message:
            self._head_since = self._table.clock()
        piece = _PIECE if self._in_head or not self._wanted else len(data)
        for start in range(0, len(data), piece):
            self._feed(data[start : start + piece])
            if self._deaf or self.transport.is_closing():
                return
        if self._in_message and not self._in_head and not self._wanted and self._busy:
            # Until the application asks for the body, what was read is all that is kept.
            self.flow.pause_reading()

    def _feed(self, piece: bytes) -> None:
        if not self._wanted and not self._table.hold(self, len(piece)):
            self._refuse(Unavailable("too much is under way", retry_after=1))
            return
        self._without_progress += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # What follows would be another protocol's.
            self._deaf = True
            return
        except httptools.HttpParserError as error:
            if isinstance(error, httptools.HttpParserCallbackError) and self._refusal is None:
                _log.exception("request not parsed")
            self._refuse(self._refusal or BadRequest())
            return
        if self._without_progress > self._limits.header_bytes:
            self._table.note("header_bytes")
            self._refuse(HeadersTooLarge() if self._in_head else BadRequest())

    def on_message_begin(self) -> None:
        """Begin to read a head."""
        super().on_message_begin()
        self._in_message, self._in_head, self._wanted = True, True, False
        self._fields = self._without_progress = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field of the head; throw a trailer away."""
        self._fields += 1
        if self._fields > self._limits.headers:
            self._table.note("headers")
            self._refusal = HeadersTooLarge()
            raise _Refused
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request to the application, now or when it is its turn."""
        upgrade = self.parser.should_upgrade()
        if upgrade and any(name in _BODY_FIELDS for name, _ in self.headers):
            self._refusal = BadRequest("a request with a body cannot ask for another protocol")
            raise _Refused
        if len(self.pipeline) >= self._limits.pipelined:
            self._table.note("pipelined")
            self._refusal = BadRequest("too many requests without waiting for their answers")
            raise _Refused
        if not _has_path(self.url):
            self._refusal = BadRequest("the request names no path (RFC 9112 section 3.2)")
            raise _Refused
        self._head_since, self._in_head, self._without_progress = None, False, 0
        self._table.serves(self)
        super().on_headers_complete()
        if upgrade:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Keep a part of a body, unless its request has been answered."""
        self._without_progress = 0
        super().on_body(body)
        if self.cycle.response_complete:
            self._throw_away(len(body))

    def on_chunk_header(self) -> None:
        """Note that a chunk begins, perhaps the last one with its trailers."""
        self._without_progress = 0

    def on_message_complete(self) -> None:
        """Note that the next bytes are another request's."""
        super().on_message_complete()
        self._in_message, self._in_head, self._without_progress = False, True, 0
        if self._linger_since is not None:
            self._linger_since, self._thrown_away = None, 0
            # The pause after an answer has ended with the first byte; this one is as good.
            self._head_since = self._table.clock()

    def on_response_complete(self) -> None:
        """Go on to the next request, or wait for it."""
        super().on_response_complete()
        self._table.release(self)
        if self._busy or self.transport.is_closing():
            return
        self._wanted = False
        self._table.waits(self)
        if self._in_message:
            now = self._table.clock()
            self._head_since, self._linger_since = (now, None) if self._in_head else (None, now)

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        super().pause_writing()
        self._blocked_since = self._table.clock()

    def resume_writing(self) -> None:
        """Note that the client has read on."""
        super().resume_writing()
        self._blocked_since = None

    def drop(self) -> None:
        """Close at once; what was not sent is lost."""
        self.transport.abort()

    def check(self, now: float) -> None:
        """Close if something has taken too long."""
        limits = self._limits
        if self._blocked_since is not None and now - self._blocked_since > limits.write_seconds:
            self._table.note("write_seconds")
            self.drop()
        elif self.transport.is_closing():
            # What is left to be sent may wait for a client that never reads.
            if self._closing_since is None:
                self._closing_since = now
            elif now - self._closing_since > limits.write_seconds:
                self.drop()
        elif self._linger_since is not None and now - self._linger_since > limits.linger_seconds:
            self.transport.close()
        elif self._head_since is not None and now - self._head_since > limits.head_seconds:
            self._head_is_late(now)

    def _head_is_late(self, now: float) -> None:
        if self._busy or self.flow.read_paused:
            # The client waits for us.
            self._head_since = now
            return
        self._table.note("head_seconds")
        if self._in_message or self._without_progress:
            self._refuse(HeadTooSlow())
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, in the envelope."""
        self._refuse(BadRequest())

    def _asked_for(self) -> None:
        if not self._in_head:
            self._wanted = True
        self._table.release(self)

    def _throw_away(self, size: int) -> None:
        self._thrown_away += size
        if self._thrown_away > self._limits.linger_bytes:
            self.transport.close()

    def _refuse(self, error: ServiceError) -> None:
        """Answer with an error, and end the connection as soon as the client can have read it."""
        self._deaf = True
        self._table.release(self)
        if self._busy or self.transport.is_closing():
            # An answer that is being sent cannot be followed by one to a later request.
            self.drop()
            return
        self._head_since, self._linger_since = None, self._table.clock()
        self.flow.resume_reading()
        self.transport.write(self._answer(error))
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _answer(self, error: ServiceError) -> bytes:
        body = json.dumps(error.envelope()).encode()
        status = HTTPStatus(error.http_status)
        fields = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if error.retry_after is not None:
            fields.append((b"retry-after", str(error.retry_after).encode()))
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in fields]
        return b"\r\n".join([*lines, b"", body])


def _has_path(target: bytes) -> bool:
    """Return whether a request target has a path, which uvicorn takes for granted."""
    try:
        path = httptools.parse_url(target).path
    except httptools.HttpParserError:
        return False
    return path is not None and path.isascii()


class _Flow(FlowControl):
    """Flow control that says when more of a request is wanted."""

    def __init__(self, transport: asyncio.Transport, asked_for: Callable[[], None]) -> None:
        super().__init__(transport)
        self._asked_for = asked_for

    def resume_reading(self) -> None:
        """Read on."""
        self._asked_for()
        super().resume_reading()


class _Refused(Exception):
    """Ends the parsing of a request that is refused."""
