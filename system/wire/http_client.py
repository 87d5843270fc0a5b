"""HTTP/1.1 as a client, below httpx2's own: a pool and a parser in C, for calls between services.

httpx2's transport looks at every connection of its pool for each request, and parses an answer in
Python: with a hundred calls under way that was a fifth of a chat. This one looks at the connection
that it takes, and leaves all else to httpx2: requests, redirects, time-outs by their names, errors
by their classes. It knows no proxy and no other version of HTTP.
"""

from __future__ import annotations

import asyncio
import re
import select
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeAlias

import httptools
import httpx2

# Of an answer's head, or of its trailers.
_MOST_HEAD_BYTES = 100_000
_MOST_FIELDS = 256
# Bytes of an answer that may be here before they are asked for.
_MOST_UNREAD = 262_144
_IDLE_SECONDS = 5.0
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# Scheme, host, port.
_Origin: TypeAlias = tuple[str, str, int]


class ServiceTransport(httpx2.AsyncBaseTransport):
    """A pool of connections.

    Args:
        max_connections: Open at once; more requests wait for as long as their pool time-out.
        max_idle: Kept open between requests.
        tls: For HTTPS; httpx2's own where none is given.
    """

    def __init__(
        self, *, max_connections: int, max_idle: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._turns = asyncio.Semaphore(max_connections)
        self._max_idle = max_idle
        self._tls = tls
        self._idle: dict[_Origin, deque[_Connection]] = {}
        self._idle_in_all = 0
        self._open: set[_Connection] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; the answer's body is read as it is asked for.

        Raises:
            httpx2.TransportError: By the class that says what failed.
        """
        limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
        data = _head(request, await request.aread())
        await self._take_turn(limits.get("pool"))
        try:
            connection = self._kept(_origin(request)) or await self._connect(
                _origin(request), limits.get("connect")
            )
        except BaseException:
            self._turns.release()
            raise
        body = _Body(self, connection, limits.get("read"))
        try:
            await connection.send(data, limits.get("write"))
            await connection.head(limits.get("read"))
        except BaseException:
            await body.aclose()
            raise
        if request.method == "HEAD":
            connection.ends_here()
        return httpx2.Response(
            connection.status,
            headers=connection.fields,
            stream=body,
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def _take_turn(self, seconds: float | None) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise httpx2.PoolTimeout("no connection was free") from None

    def _kept(self, origin: _Origin) -> _Connection | None:
        """Return the connection that was used last, if it can be used still."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            self._idle_in_all -= 1
            if connection.usable():
                return connection
            self._drop(connection)
        return None

    async def _connect(self, origin: _Origin, seconds: float | None) -> _Connection:
        scheme, host, port = origin
        loop = asyncio.get_running_loop()
        if scheme == "https" and self._tls is None:
            self._tls = httpx2.create_ssl_context()
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(
                    _Connection, host, port, ssl=self._tls if scheme == "https" else None
                )
        except TimeoutError:
            raise httpx2.ConnectTimeout("no connection in time") from None
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        self._open.add(connection)
        connection.origin = origin
        return connection

    def give_back(self, connection: _Connection) -> None:
        """Take a connection whose request is over, to be used again if it can be."""
        self._turns.release()
        if self._idle_in_all < self._max_idle and connection.reset():
            self._idle.setdefault(connection.origin, deque()).append(connection)
            self._idle_in_all += 1
        else:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        self._open.discard(connection)
        connection.drop()

    async def aclose(self) -> None:
        """Close all connections."""
        for connection in list(self._open):
            self._drop(connection)
        self._idle.clear()
        self._idle_in_all = 0


class _Connection(asyncio.Protocol):
    """One connection, with at most one request under way."""

    def __init__(self) -> None:
        self.origin: _Origin = ("", "", 0)
        self._transport: Any = None
        self._poll: select.poll | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._blocked = False
        self._lost: Exception | None = None
        self._closed = False
        self._idle_since = 0.0
        self._begin()

    def _begin(self) -> None:
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []
        self._parser = httptools.HttpResponseParser(self)
        self._in_head = True
        self._fields = self._head_bytes = 0
        # Ends with the connection: neither a length nor chunks say where.
        self._until_end = True
        self._complete = False
        self._reusable = False
        self._pieces: deque[bytes] = deque()
        self._unread = 0
        self._paused = False

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        found = transport.get_extra_info("socket")
        if found is not None and transport.get_extra_info("ssl_object") is None:
            self._poll = select.poll()
            self._poll.register(found.fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._complete or (self.status == 0 and self._idle_since):
            # More than was asked for: whatever it is, it is not the next answer.
            self.drop()
            return
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(httpx2.RemoteProtocolError("the server changed to another protocol"))
        except httptools.HttpParserError as error:
            self._fail(httpx2.RemoteProtocolError(str(error)))
        if self._in_head and self._head_bytes > _MOST_HEAD_BYTES:
            self._fail(httpx2.RemoteProtocolError("the answer's head is too large"))
        if self._unread > _MOST_UNREAD and not self._paused and not self._closed:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        if self._complete or self._lost is not None:
            pass
        elif exc is not None:
            self._lost = httpx2.ReadError(str(exc))
        elif not self._in_head and self._until_end:
            self._complete = True
        else:
            self._lost = httpx2.RemoteProtocolError("the server closed the connection")
        self._blocked = False
        self._wake()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._wake()

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._complete:
            # Another answer behind the one that was asked for.
            self._reusable = False
            raise ValueError("more than one answer")

    def on_status(self, status: bytes) -> None:
        self.status = self._parser.get_status_code()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise ValueError("too many fields")
        if self._in_head:
            self.fields.append((name, value))
            if name.lower() in (b"content-length", b"transfer-encoding"):
                self._until_end = False

    def on_headers_complete(self) -> None:
        # There need be no reason phrase.
        self.status = self._parser.get_status_code()
        if self.status >= 200:
            self._in_head = False
            self._until_end = self._until_end and self.status not in (204, 304)
            self._reusable = self._parser.should_keep_alive() and not self._until_end

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)
        self._unread += len(body)

    def on_message_complete(self) -> None:
        if self.status >= 200:
            self._complete = True
        else:
            # An interim answer (RFC 9110 section 15.2); the final one follows.
            self.status, self.fields, self._until_end = 0, [], True

    # What the pool and the body call.

    async def send(self, data: bytes, seconds: float | None) -> None:
        """Send a request whole.

        Raises:
            httpx2.ConnectError: The connection has ended, and nothing was sent.
        """
        if self._closed:
            raise httpx2.ConnectError("the connection ended before a request was sent")
        self._idle_since = 0.0
        self._transport.write(data)
        if self._blocked:
            try:
                async with asyncio.timeout(seconds):
                    while self._blocked:
                        await self._wait()
            except TimeoutError:
                raise httpx2.WriteTimeout("the server does not read") from None

    async def head(self, seconds: float | None) -> None:
        """Wait for the answer's head."""
        while self._in_head:
            if self._lost is not None:
                raise self._lost
            await self._read(seconds)

    async def piece(self, seconds: float | None) -> bytes | None:
        """Return the next piece of the body; None where it is over."""
        while not self._pieces:
            if self._complete:
                return None
            if self._lost is not None:
                raise self._lost
            if self._paused:
                self._paused = False
                self._transport.resume_reading()
            await self._read(seconds)
        piece = self._pieces.popleft()
        self._unread -= len(piece)
        return piece

    async def _read(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wait()
        except TimeoutError:
            raise httpx2.ReadTimeout("the server does not answer") from None

    async def _wait(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, error: Exception) -> None:
        self._lost = self._lost or error
        self.drop()

    def ends_here(self) -> None:
        """Take the answer for complete: it has no body, whatever its head says."""
        self._complete, self._reusable = True, False

    def reset(self) -> bool:
        """Be ready for the next request; False where the connection cannot be used again."""
        if not (self._complete and self._reusable) or self._pieces or self._closed:
            return False
        if self._transport.is_closing():
            return False
        self._begin()
        self._idle_since = asyncio.get_running_loop().time()
        return True

    def usable(self) -> bool:
        """Return whether an idle connection is neither closed nor kept for too long."""
        if self._closed or self._transport.is_closing():
            return False
        if asyncio.get_running_loop().time() - self._idle_since > _IDLE_SECONDS:
            return False
        # The server may have closed it, and the loop not have come to see it.
        return self._poll is None or not self._poll.poll(0)

    def drop(self) -> None:
        """Close at once."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()


class _Body(httpx2.AsyncByteStream):
    """The body of an answer; the connection is given back when it is closed."""

    def __init__(
        self, pool: ServiceTransport, connection: _Connection, seconds: float | None
    ) -> None:
        self._pool = pool
        self._connection: _Connection | None = connection
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (
            self._connection is not None
            and (piece := await self._connection.piece(self._seconds)) is not None
        ):
            yield piece

    async def aclose(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._pool.give_back(connection)


def _origin(request: httpx2.Request) -> _Origin:
    url = request.url
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _head(request: httpx2.Request, body: bytes) -> bytes:
    """Return a request as it is sent.

    Raises:
        httpx2.LocalProtocolError: A field would be more than one field.
    """
    fields = [each for each in request.headers.raw if each[0].lower() != b"transfer-encoding"]
    if len(fields) < len(request.headers.raw):
        fields.append((b"Content-Length", str(len(body)).encode()))
    for name, value in fields:
        if _NAME.fullmatch(name) is None or _BAD_VALUE.search(value):
            raise httpx2.LocalProtocolError("a header field has characters that are not allowed")
    lines = [request.method.encode() + b" " + request.url.raw_path + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in fields]
    return b"\r\n".join([*lines, b"", body])
