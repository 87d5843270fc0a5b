"""Answers of the model's server, bounded: in all, and between two ends of lines.

Clients of streams keep a line until it ends and an answer until it is whole. A server that has gone
wrong, or was never the one that was meant, sends neither end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

MAX_ANSWER_BYTES = 8_388_608
MAX_LINE_BYTES = 1_048_576


class BoundedAnswers(httpx2.AsyncBaseTransport):
    """A transport that gives up on answers that are too large.

    Args:
        inner: Sends the requests.
        most: Bytes of an answer.
        line: Bytes of one line of it.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        most: int = MAX_ANSWER_BYTES,
        line: int = MAX_LINE_BYTES,
    ) -> None:
        self._inner = inner
        self._most = most
        self._line = line

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
            response.stream = _Bounded(stream, self._most, self._line)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int, line: int) -> None:
        self._inner = inner
        self._most = most
        self._line = line

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = without_end = 0
        async for chunk in self._inner:
            total += len(chunk)
            end = chunk.rfind(b"\n")
            without_end = without_end + len(chunk) if end < 0 else len(chunk) - end - 1
            if total > self._most or without_end > self._line:
                raise httpx2.ReadError("the answer is too large")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
