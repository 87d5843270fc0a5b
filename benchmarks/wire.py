"""A load generator that costs little: prepared requests on kept connections, answers not decoded.

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
from typing import Any, cast
from urllib.parse import urlsplit

import httptools

from harness.errors import HarnessError


def request(
    method: str, url: str, headers: Mapping[str, str], body: Any = None
) -> tuple[str, int, bytes]:
    """Host, port and the bytes of a request, ready to be sent as often as one likes."""
    parts = urlsplit(url)
    content = b"" if body is None else json.dumps(body).encode()
    lines = {"Host": parts.netloc, **headers, "Content-Length": str(len(content))}
    if body is not None:
        lines["Content-Type"] = "application/json"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    text = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode()
    return parts.hostname or "", parts.port or 80, text + content


class Connection(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Some of an answer."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Part of a body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        waiting, self._waiting = self._waiting, None
        body, self._body = b"".join(self._body), []
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if waiting is not None and not waiting.done():
            waiting.set_result((status, body))

    def connection_lost(self, error: Exception | None) -> None:
        """The other side has gone."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(HarnessError("the connection was closed"))

    async def send(self, content: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        assert self._transport is not None
        waiting: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._transport.write(content)
        return await waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


@dataclass(frozen=True, slots=True)
class Drive:
    """What came of driving a service for a while.

    Attributes:
        answers: How many.
        seconds: In how long.
        latencies: Of each answer, in seconds, sorted.
    """

    answers: int
    seconds: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """A latency, in milliseconds; `share` from 0 to 1."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


async def drive(
    requests: Iterable[tuple[str, int, bytes]],
    *,
    seconds: float,
    good: Callable[[int, bytes], bool],
) -> Drive:
    """Send each request again and again on a connection of its own, for so long.

    Args:
        requests: One a connection, as `request` makes them.
        seconds: Nothing new is sent after this long; what is under way is waited for.
        good: Whether an answer is what was asked for.

    Raises:
        HarnessError: An answer was not good: a rate of failures is no figure.
    """
    loop = asyncio.get_running_loop()
    prepared = list(requests)
    lanes = [
        (await loop.create_connection(Connection, host, port))[1] for host, port, _ in prepared
    ]
    latencies: list[float] = []
    began = time.perf_counter()

    async def run(lane: Connection, content: bytes) -> None:
        now = time.perf_counter()
        while now < began + seconds:
            status, body = await lane.send(content)
            after = time.perf_counter()
            latencies.append(after - now)
            now = after
            if not good(status, body):
                raise HarnessError(f"answered {status}: {body[:200]!r}")

    try:
        async with asyncio.TaskGroup() as group:
            for lane, (_, _, content) in zip(lanes, prepared, strict=True):
                group.create_task(run(lane, content))
    except* HarnessError as failed:
        raise failed.exceptions[0] from None
    finally:
        for lane in lanes:
            lane.close()
    return Drive(len(latencies), time.perf_counter() - began, sorted(latencies))
