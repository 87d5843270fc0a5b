from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from crosstalk.tokens.raw import NoAnswerError, send_raw
from crosstalk.tokens.trial import http_target

ANSWER = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nX: y\r\n\r\n{"no": 1}'


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that keeps what it was sent and gives one answer."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        received.append(head + await reader.readexactly(length))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}", received


async def test_raw_request_sends_header_lines_as_they_are() -> None:
    async with listening(ANSWER) as (url, received):
        lines = [(b"Authorization", b"Bearer a\nb\x00c")]
        reply = await send_raw("POST", f"{url}/x?y=1", lines, b"{}")
    assert reply == (401, '{"no": 1}', "Bearer")
    assert received[0].startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert b"Authorization: Bearer a\nb\x00c\r\n" in received[0]
    assert received[0].endswith(b"\r\n\r\n{}")


async def test_http_target_sends_header_values_that_client_libraries_refuse() -> None:
    async with listening(ANSWER) as (url, received), httpx2.AsyncClient() as client:
        target = http_target(client, "POST", f"{url}/x", json={"a": 1}, headers={"Accept": "x/y"})
        reply = await target.send([("Authorization", "Bearer a\nb")], {"q": "1"})
    assert reply[0] == 401
    assert received[0].startswith(b"POST /x?q=1 ")
    assert b"Accept: x/y\r\nAuthorization: Bearer a\nb\r\n" in received[0]
    assert received[0].endswith(b'{"a":1}')


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0\r\n\r\n", b"HTTP/1.1\r\n\r\n"])
async def test_raw_request_without_a_response_is_an_error(answer: bytes) -> None:
    async with listening(answer) as (url, _):
        with pytest.raises(NoAnswerError):
            await send_raw("GET", url, [], b"")


async def test_raw_request_without_a_listener_is_an_error() -> None:
    with pytest.raises(NoAnswerError, match="no response from"):
        await send_raw("GET", "http://127.0.0.1:9/", [], b"")
