"""Answers are read to their end, in each framing, and what never comes is a hang."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from crosstalk.hostile.wire import Answer, Wire


@asynccontextmanager
async def _server(*replies: bytes) -> AsyncIterator[int]:
    """A server that answers requests with these replies, one after another."""
    remaining = iter(replies)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4_096):
            reply = next(remaining, b"")
            writer.write(reply)
            if b"Content-Length" not in reply and b"chunked" not in reply and reply:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok"),
        (b"HTTP/1.1 400 Bad\r\n\r\nuntil the end", 400, b"until the end"),
        (b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 0\r\n\r\n", 201, b""),
    ],
)
async def test_answer_is_read_to_its_end(reply: bytes, status: int, body: bytes) -> None:
    async with _server(reply) as port:
        wire = Wire(port)
        answer = await wire.send(b"GET / HTTP/1.1\r\n\r\n", keeps=True, patience=5.0)
        await wire.close()
    assert (answer.status, answer.body, answer.hung) == (status, body, False)


async def test_connection_without_an_answer_hangs_or_is_closed() -> None:
    async with _server(b"") as port:
        wire = Wire(port)
        assert (await wire.send(b"GET", keeps=True, patience=0.2)).hung
        assert await wire.send(b"GET", keeps=False, patience=5.0) == Answer(0)
        await wire.close()


async def test_kept_connection_that_was_closed_is_opened_again() -> None:
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: chunked\r\n\r\nok"
    last = b"HTTP/1.1 200 OK\r\n\r\nok"
    async with _server(last, good) as port:
        wire = Wire(port)
        for _ in range(2):
            assert (await wire.send(b"GET", keeps=True, patience=5.0)).status == 200
        await wire.close()
