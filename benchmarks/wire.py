"""Load generator of low cost: prepared requests on kept connections, answers not decoded.

Python's HTTP clients spend more on a request than the services here do on an answer, so that two
services would look alike through them. This one writes bytes that were made before and reads as
far as `Content-Length`; it measures services, and is no client for anything else.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

import httptools

from crosstalk.core.errors import HarnessError

# Host, port, bytes.
Prepared: TypeAlias = tuple[str, int, bytes]


def request(method: str, url: str, headers: Mapping[str, str], body: Any = None) -> Prepared:
    """Prepare a request: host, port and bytes, to be sent any number of times."""
    parts = urlsplit(url)
    content = b"" if body is None else json.dumps(body).encode()
    lines = {"Host": parts.netloc, **headers, "Content-Length": str(len(content))}
    if body is not None:
        lines["Content-Type"] = "application/json"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    text = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode()
    return parts.hostname or "", parts.port or 80, text + content


class RawConnection(asyncio.Protocol):
    """A kept connection with at most one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Parse a part of an answer."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep a part of a body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Hand over a complete answer."""
        waiting, self._waiting = self._waiting, None
        body, self._body = b"".join(self._body), []
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if waiting is not None and not waiting.done():
            waiting.set_result((status, body))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the request under way."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(HarnessError("the connection was closed"))

    async def send(self, content: bytes) -> tuple[int, bytes]:
        """Send bytes and return status and body of the answer."""
        assert self._transport is not None
        waiting: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._transport.write(content)
        return await waiting

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


class PreparedConnection:
    """A kept connection with the request that is sent on it."""

    def __init__(self, connection: RawConnection, content: bytes) -> None:
        self._connection = connection
        self._content = content

    @classmethod
    async def to(cls, prepared: Prepared) -> PreparedConnection:
        """Connect to the request's host and port."""
        host, port, content = prepared
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(RawConnection, host, port)
        return cls(connection, content)

    async def send(self) -> tuple[int, bytes]:
        """Send the request and return status and body of its answer."""
        return await self._connection.send(self._content)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


async def send_once(prepared: Prepared) -> bytes:
    """Send a request once and return the body of its answer.

    Raises:
        HarnessError: It was refused.
    """
    connection = await PreparedConnection.to(prepared)
    try:
        status, body = await connection.send()
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise HarnessError(f"answered {status}: {body[:200]!r}")
    return body


@dataclass(frozen=True, slots=True)
class DriveResult:
    """Result of driving a service for a while.

    Attributes:
        answers: Number of good answers.
        seconds: Duration.
        latencies: Of each good answer, in seconds, sorted.
        failed: Number of requests that were refused, cut off or not answered in time.
    """

    answers: int
    seconds: float
    latencies: Sequence[float]
    failed: int = 0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """Return a percentile of the latencies in milliseconds; `share` from 0 to 1."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


async def drive(
    requests: Iterable[Prepared],
    *,
    seconds: float,
    good: Callable[[int, bytes, Prepared], bool],
    patience: float = 60.0,
    tolerant: bool = False,
) -> DriveResult:
    """Send each request again and again on a connection of its own.

    Args:
        requests: One for each connection, as `request` makes them.
        seconds: Duration, after which no new request is sent.
        good: Decides whether an answer is a good one.
        patience: Seconds to wait for requests under way at the end.
        tolerant: Count failures; otherwise a failure is an error, because a rate of failures is not
            a figure.

    Raises:
        HarnessError: An answer was not good.
    """
    prepared = list(requests)
    connections = [await PreparedConnection.to(each) for each in prepared]
    latencies: list[float] = []
    failed = 0
    began = time.perf_counter()

    async def run(connection: PreparedConnection, sent: Prepared) -> None:
        nonlocal failed
        now = time.perf_counter()
        while now < began + seconds:
            status, body = await connection.send()
            after = time.perf_counter()
            if good(status, body, sent):
                latencies.append(after - now)
            elif tolerant:
                failed += 1
            else:
                raise HarnessError(f"answered {status}: {body[:200]!r}")
            now = after

    running = [
        asyncio.create_task(run(connection, each))
        for connection, each in zip(connections, prepared, strict=True)
    ]
    ways = asyncio.ALL_COMPLETED if tolerant else asyncio.FIRST_EXCEPTION
    try:
        done, late = await asyncio.wait(running, timeout=seconds + patience, return_when=ways)
        took = time.perf_counter() - began
        errors = [error for each in done if (error := each.exception()) is not None]
        if not tolerant and (errors or late):
            raise errors[0] if errors else HarnessError(f"not answered in {patience:g} s")
    finally:
        for each in running:
            each.cancel()
        await asyncio.wait(running)
        for connection in connections:
            connection.close()
    return DriveResult(len(latencies), took, sorted(latencies), failed + len(late) + len(errors))


async def burst(requests: Iterable[Prepared], *, patience: float) -> list[float]:
    """Send every request once, all at the same moment.

    Returns:
        The time of each answer, on the clock of `time.perf_counter`.

    Raises:
        HarnessError: One was refused, or not answered within `patience` seconds.
    """

    async def send(connection: PreparedConnection) -> float:
        status, body = await connection.send()
        if status != 200:
            raise HarnessError(f"answered {status}: {body[:200]!r}")
        return time.perf_counter()

    connections = [await PreparedConnection.to(each) for each in requests]
    try:
        return await asyncio.wait_for(asyncio.gather(*map(send, connections)), patience)
    except TimeoutError:
        raise HarnessError(f"not all were answered in {patience:g} s") from None
    finally:
        for connection in connections:
            connection.close()
