"""Answers of the model's server, bounded: in all, in lines, and between two ends of lines.

Clients of streams keep a line until it ends and an answer until it is whole. A server that has gone
wrong, or was never the one that was meant, sends neither end.

An event of a few bytes costs its reader half a millisecond, and a hundred kilobytes that arrive at
once hold three thousand: they are handed on a few lines at a time, and after each the reader rests
for as long as it took. To let others in once between two pieces is not enough: a request takes a
dozen turns of the event loop, and would wait for a piece at each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx2

MAX_ANSWER_BYTES = 8_388_608
MAX_LINE_BYTES = 1_048_576
# An event has two or three, and the longest answers some ten thousand events.
MAX_LINES = 100_000
_LINES_AT_ONCE = 8
# A shorter rest is not worth its timer.
_REST_SECONDS = 0.002


class BoundedAnswers(httpx2.AsyncBaseTransport):
    """A transport that gives up on answers that are too large.

    Args:
        inner: Sends the requests.
        most: Bytes of an answer.
        line: Bytes of one line of it.
        lines: Lines of it.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        most: int = MAX_ANSWER_BYTES,
        line: int = MAX_LINE_BYTES,
        lines: int = MAX_LINES,
    ) -> None:
        self._inner = inner
        self._most = most
        self._line = line
        self._lines = lines

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            httpx2.ReadError: While the answer is read: it is too large, or compressed, which would
                hide how large it is.
        """
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.ReadError("the answer is compressed")
        stream = response.stream
        if isinstance(stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(stream, self._most, self._line, self._lines)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int, line: int, lines: int) -> None:
        self._inner = inner
        self._most = most
        self._line = line
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = without_end = lines = 0
        taken = 0.0
        async for chunk in self._inner:
            total += len(chunk)
            end = chunk.rfind(b"\n")
            without_end = without_end + len(chunk) if end < 0 else len(chunk) - end - 1
            lines += chunk.count(b"\n")
            if total > self._most or without_end > self._line or lines > self._lines:
                raise httpx2.ReadError("the answer is too large")
            for number, piece in enumerate(_pieces(chunk)):
                if number:
                    rest = taken if taken > _REST_SECONDS else 0
                    await asyncio.sleep(rest)
                    taken = 0.0 if rest else taken
                began = time.perf_counter()
                yield piece
                taken += time.perf_counter() - began

    async def aclose(self) -> None:
        await self._inner.aclose()


def _pieces(chunk: bytes) -> Iterator[bytes]:
    """Cut a chunk into pieces of few lines."""
    begin = end = 0
    while True:
        for _ in range(_LINES_AT_ONCE):
            found = chunk.find(b"\n", end)
            if found < 0:
                yield chunk[begin:]
                return
            end = found + 1
        yield chunk[begin:end]
        begin = end
