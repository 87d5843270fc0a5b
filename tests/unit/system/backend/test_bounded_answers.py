"""Answers of a model's server that has gone wrong: without an end, without a line's end, packed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx2
import pytest

from system.backend.agent.bounded_answers import BoundedAnswers


class Endless(httpx2.AsyncByteStream):
    """A stream that never ends."""

    def __init__(self, piece: bytes) -> None:
        self._piece = piece
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += len(self._piece)
            yield self._piece


class Server(httpx2.AsyncBaseTransport):
    """Answers everything with one stream."""

    def __init__(self, stream: httpx2.AsyncByteStream, headers: dict[str, str]) -> None:
        self._stream = stream
        self._headers = headers

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer."""
        assert request.headers["Accept-Encoding"] == "identity"
        return httpx2.Response(200, headers=self._headers, stream=self._stream)


@pytest.mark.parametrize("piece", [b"a" * 1_000, b"data: x\n\n" * 100])
async def test_an_answer_without_an_end_is_given_up(piece: bytes) -> None:
    endless = Endless(piece)
    transport = BoundedAnswers(Server(endless, {}), most=1_000_000, line=50_000)
    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx2.ReadError, match="too large"):
            await client.post("http://model/")
    assert endless.given < (60_000 if b"\n" not in piece else 1_100_000)


async def test_a_compressed_answer_is_not_unpacked() -> None:
    transport = BoundedAnswers(Server(Endless(b"a"), {"Content-Encoding": "gzip"}))
    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx2.ReadError, match="compressed"):
            await client.post("http://model/")


class AtOnce(httpx2.AsyncByteStream):
    """An answer that arrives in one chunk."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._answer


@pytest.mark.parametrize("answer", [b"data: {}\n\n" * 3_000, b"\n" * 6_000, b"x" * 9, b""])
async def test_lines_that_arrive_at_once_are_read_with_others_in_between(answer: bytes) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    transport = BoundedAnswers(Server(AtOnce(answer), {}))
    async with httpx2.AsyncClient(transport=transport) as client:
        async with client.stream("POST", "http://model/") as response:
            before = turns
            read = b"".join([piece async for piece in response.aiter_raw()])
        assert read == answer
        assert turns - before >= answer.count(b"\n") // 10
    beside.cancel()


async def test_dear_pieces_leave_others_as_much_time_as_they_take() -> None:
    turns = pieces = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    transport = BoundedAnswers(Server(AtOnce(b"data: {}\n" * 160), {}))
    async with (
        httpx2.AsyncClient(transport=transport) as client,
        client.stream("POST", "http://model/") as response,
    ):
        before = turns
        async for _ in response.aiter_raw():
            pieces += 1
            time.sleep(0.003)  # noqa: ASYNC251 - a parser that is dear
    beside.cancel()
    assert pieces == 20
    assert turns - before > 3 * pieces


async def test_answer_of_too_many_lines_is_given_up() -> None:
    transport = BoundedAnswers(Server(AtOnce(b"\n" * 101), {}), lines=100)
    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx2.ReadError, match="too large"):
            await client.post("http://model/")
