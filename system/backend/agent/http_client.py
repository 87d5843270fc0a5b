"""Calls between services by aiohttp, below httpx2's client: its pool and its parser are in C.

httpx2's own transport looks at every connection of its pool for each request, and parses an answer
in Python: with a hundred calls under way that was a fifth of a chat. What is above stays httpx2's:
requests, redirects, time-outs by their names, errors by their classes. It knows no proxy and no
other version of HTTP.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import httpx2

# Less than the services keep a connection that nobody uses.
_IDLE_SECONDS = 4.0
# httpx2 says all of a request's fields.
_NOT_BY_ITSELF = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
# The first that fits: which one says whether a request can have been served.
_ERRORS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.ClientSSLError, httpx2.ConnectError),
    (aiohttp.ServerFingerprintMismatch, httpx2.ConnectError),
    (aiohttp.ServerTimeoutError, httpx2.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx2.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx2.RemoteProtocolError),
    (aiohttp.InvalidURL, httpx2.UnsupportedProtocol),
    (aiohttp.ClientError, httpx2.ReadError),
    (TimeoutError, httpx2.ReadTimeout),
    (OSError, httpx2.ReadError),
    (ValueError, httpx2.LocalProtocolError),
)


class ServiceTransport(httpx2.AsyncBaseTransport):
    """A pool of connections.

    Args:
        max_connections: Open at once; more requests wait for as long as their pool time-out.
        tls: For HTTPS; httpx2's own where none is given.
    """

    def __init__(self, *, max_connections: int, tls: ssl.SSLContext | None = None) -> None:
        self._turns = asyncio.Semaphore(max_connections)
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; the answer's body is read as it is asked for.

        Raises:
            httpx2.TransportError: By the class that says what failed.
        """
        limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
        data = await request.aread()
        fields = [
            (name.decode("ascii"), value.decode("latin-1"))
            for name, value in request.headers.raw
            if name.lower() not in (b"transfer-encoding", b"content-length")
        ]
        await self._take_turn(limits.get("pool"))
        try:
            with _named_errors():
                answer = await self._open_session().request(
                    request.method,
                    str(request.url),
                    headers=fields,
                    data=data or None,
                    allow_redirects=False,
                    ssl=self._context() if request.url.scheme == "https" else True,
                    timeout=aiohttp.ClientTimeout(
                        total=None,
                        sock_connect=limits.get("connect"),
                        sock_read=limits.get("read"),
                    ),
                )
        except BaseException:
            self._turns.release()
            raise
        body = _Body(answer, self._turns)
        if answer.status < 200:
            await body.aclose()
            raise httpx2.RemoteProtocolError("the server changed to another protocol")
        return httpx2.Response(
            answer.status,
            headers=list(answer.raw_headers),
            stream=body,
            extensions={"http_version": b"HTTP/1.1"},
        )

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # Requests of all users go over it: nothing of one's answer may go with another's.
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS),
                auto_decompress=False,
                skip_auto_headers=_NOT_BY_ITSELF,
                trust_env=False,
            )
        return self._session

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx2.create_ssl_context()
        return self._tls

    async def _take_turn(self, seconds: float | None) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise httpx2.PoolTimeout("no connection was free") from None

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()


class _Body(httpx2.AsyncByteStream):
    """The body of an answer; its connection is free, or ends, when it is closed."""

    def __init__(self, answer: aiohttp.ClientResponse, turns: asyncio.Semaphore) -> None:
        self._answer = answer
        self._turns: asyncio.Semaphore | None = turns

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named_errors():
            async for piece in self._answer.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        if self._turns is None:
            return
        turns, self._turns = self._turns, None
        # A body that was not read to its end leaves a connection that nobody may use.
        self._answer.close()
        turns.release()


@contextmanager
def _named_errors() -> Iterator[None]:
    """Raise what aiohttp raises by httpx2's names."""
    try:
        yield
    except Exception as error:
        for kind, named in _ERRORS:
            if isinstance(error, kind):
                raise named(str(error) or type(error).__name__) from error
        raise
