"""The load generator counts good answers, refuses others, and lets go of what does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks.wire import Prepared, drive, request, send_once
from crosstalk.core.errors import HarnessError

Answer = Callable[[bytes], Awaitable[bytes]]


@asynccontextmanager
async def service(answer: Answer) -> AsyncIterator[str]:
    """A service that reads a request's head and writes what it is told to."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                # In two pieces, as networks have it.
                said = await answer(head)
                writer.write(said[:20])
                await asyncio.sleep(0)
                writer.write(said[20:])
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()


def said(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def is_fine(status: int, body: bytes, sent: Prepared) -> bool:
    return status == 200 and body == b"fine"


async def test_drive_counts_answers_and_their_latencies() -> None:
    async def fine(head: bytes) -> bytes:
        await asyncio.sleep(0.01)
        return said(b"fine")

    async with service(fine) as url:
        requests = [request("GET", f"{url}/?n={n}", {}) for n in range(3)]
        driven = await drive(requests, seconds=0.2, good=is_fine)
    assert driven.answers == len(driven.latencies) > 3
    assert driven.percentile(0.0) >= 10.0
    assert driven.failed == 0


async def test_drive_fails_on_an_answer_that_is_not_good() -> None:
    async def refuse(head: bytes) -> bytes:
        return said(b"no", "403 Forbidden")

    async with service(refuse) as url:
        prepared = request("GET", url + "/", {"X-One": "1"})
        with pytest.raises(HarnessError, match="403"):
            await drive([prepared], seconds=0.2, good=is_fine)
        with pytest.raises(HarnessError, match="403"):
            await send_once(prepared)


async def test_tolerant_drive_counts_a_missing_answer_as_a_failure() -> None:
    async def only_the_first(head: bytes) -> bytes:
        if b"n=0" not in head:
            await asyncio.sleep(60)
        return said(b"fine")

    async with service(only_the_first) as url:
        requests = [request("GET", f"{url}/?n={n}", {}) for n in range(3)]
        driven = await drive(requests, seconds=0.1, good=is_fine, patience=0.1, tolerant=True)
    assert driven.answers > 0
    assert driven.failed == 2


async def test_prepared_request_sends_a_json_body_with_its_length() -> None:
    heads: list[bytes] = []

    async def keep(head: bytes) -> bytes:
        heads.append(head)
        return said(b"fine")

    async with service(keep) as url:
        await send_once(request("POST", f"{url}/a?b=c", {"Authorization": "Bearer t"}, None))
        host, port, content = request("POST", f"{url}/a", {}, {"x": 1})
    assert heads[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"Authorization: Bearer t\r\n" in heads[0]
    assert (host, f":{port}") == ("127.0.0.1", url[url.rindex(":") :])
    assert content.endswith(b'\r\n\r\n{"x": 1}')
    assert b"Content-Length: 8\r\n" in content
