"""The hostile model answers by number, and passes every other request on."""

from __future__ import annotations

import asyncio

import pytest

from crosstalk.hostile.model import HostileModel, directive, output


@pytest.mark.parametrize("streamed", [False, True])
def test_output_of_a_number_is_the_same_each_time(streamed: bool) -> None:
    for number in range(30):
        assert output(number, streamed=streamed).startswith(b"HTTP/")
    # Ids of the SDK's shapes differ; the raw ones do not.
    assert output(5, streamed=streamed) == output(5, streamed=streamed)


async def test_requests_without_a_directive_are_passed_on() -> None:
    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + head.split(b"\r\n")[1])
        writer.close()

    server = await asyncio.start_server(upstream, "127.0.0.1", 0)
    free = await asyncio.start_server(upstream, "127.0.0.1", 0)
    port = free.sockets[0].getsockname()[1]
    free.close()
    model = HostileModel(port, server.sockets[0].getsockname()[1])
    await model.open()
    try:
        assert (await _post(port, b"show my tasks")).endswith(b"Connection: close")
        assert b"null" in await _post(port, directive(2).encode())
    finally:
        await model.close()
        server.close()


async def _post(port: int, body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /v1/responses HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    return answer
