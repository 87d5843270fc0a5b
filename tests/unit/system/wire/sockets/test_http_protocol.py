"""HTTP with bounds, over real sockets: heads, trailers, pipelines, slow and silent clients."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.unit.system.backend.serving import eventually
from tests.unit.system.wire.sockets.raw_http import client, served

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_requests_are_served_one_after_the_other_on_one_connection() -> None:
    async with served() as server, client(server) as asking:
        for body in (b"", b"a", b"b" * 300_000):
            length = str(len(body)).encode()
            head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n"
            await asking.send(head + body)
            assert (await asking.answer())[2] == b"served"
        await asking.send(GET + GET + GET)
        assert [(await asking.answer())[0] for _ in range(3)] == [200] * 3
        assert server.bodies[:3] == [b"", b"a", b"b" * 300_000]
        assert server.table.held == 0


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 10_000_000,
        b"GET /" + b"a" * 10_000_000 + b" HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"a:" + b"b" * 60 + b"\r\n" * 1 + b"c: d\r\n" * 10_000,
    ],
    ids=["one header", "the path", "many headers", "many headers without an end"],
)
async def test_a_head_that_is_too_large_is_431_and_not_kept(head: bytes) -> None:
    async with served() as server, client(server) as asking:
        await asking.send(head)
        assert (await asking.refusal())[0] == 431
        assert await asking.ends()
        assert server.scopes == []
        await eventually(lambda: len(server.table) == 0)


async def test_a_head_just_below_the_limit_is_served_in_any_pieces() -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 32_000 + b"\r\n\r\n"
    async with served() as server, client(server) as asking:
        for size in (len(head), 1_000, 7):
            for start in range(0, len(head), size):
                await asking.send(head[start : start + size])
            assert (await asking.answer())[0] == 200


@pytest.mark.parametrize(
    "line", [b"CONNECT 127.0.0.1:5432", b"GET http://other.example", b"GET /\xff", b"POST a:b"]
)
async def test_target_without_a_path_is_400_and_no_error_in_the_log(
    line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with served() as server, client(server) as asking:
        await asking.send(line + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await asking.refusal())[0] == 400
    # Exporters of earlier tests may still be at work in their threads.
    own = [each for each in caplog.records if not each.name.startswith("opentelemetry")]
    assert not [each for each in own if each.levelname == "ERROR"]


async def test_bytes_that_are_not_http_are_400_in_the_envelope() -> None:
    async with served() as server, client(server) as asking:
        await asking.send(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert await asking.refusal() == (400, "the request cannot be read")
        assert await asking.ends()


async def test_blank_lines_for_ever_are_no_request() -> None:
    async with served() as server, client(server) as asking:
        await asking.send(b"\r\n" * 100_000)
        assert (await asking.refusal())[0] == 431


async def test_a_head_that_drips_is_408_and_a_silent_client_is_let_go() -> None:
    async with served(head_seconds=0.3) as server:
        async with client(server) as dripping, client(server) as silent:
            await dripping.send(b"GET / HT")
            assert (await dripping.refusal())[0] == 408
            assert await silent.ends()
        async with client(server) as asking:
            await asking.send(GET)
            assert (await asking.answer())[0] == 200
            # The second head on a connection has no longer.
            await asking.send(b"GET /")
            assert (await asking.refusal())[0] == 408
        async with client(server) as asking:
            await asking.send(GET)
            assert (await asking.answer())[0] == 200
            # A single byte ends the pause that follows an answer; it must not last for ever.
            await asking.send(b"\r\n")
            assert (await asking.refusal())[0] == 408


async def test_an_answer_that_takes_long_is_not_the_clients_slowness() -> None:
    async with served(head_seconds=0.2) as server, client(server) as asking:
        await asking.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await asking.answer()
        assert len(server.table) == 1


async def test_trailers_are_never_headers() -> None:
    trailers = b"Authorization: Bearer x\r\nHost: evil\r\nIdempotency-Key: k\r\n"
    async with served() as server, client(server) as asking:
        await asking.send(CHUNKED + b"2\r\nab\r\n")
        # The application has the scope, and must find it as it was.
        await eventually(lambda: bool(server.scopes))
        await asking.send(b"0\r\n" + trailers + b"\r\n")
        assert (await asking.answer())[0] == 200
        assert server.bodies == [b"ab"]
        # All at once: the trailers are there before the application has begun.
        await asking.send(CHUNKED + b"0\r\n" + trailers + b"\r\n")
        assert (await asking.answer())[0] == 200
        for scope in server.scopes:
            assert scope["headers"] == [(b"host", b"x"), (b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(
    "endless",
    [b"0\r\nX: " + b"a" * 1_000_000, b"0\r\n" + b"a: b\r\n" * 100_000, b"1;x=" + b"a" * 1_000_000],
    ids=["one trailer", "many trailers", "a chunk's extension"],
)
async def test_chunk_extensions_and_trailers_are_bounded(endless: bytes) -> None:
    async with served() as server, client(server) as asking:
        await asking.send(CHUNKED + endless)
        assert await asking.ends()
        await eventually(lambda: len(server.table) == 0)
        assert server.bodies == []


async def test_a_body_is_not_read_on_before_it_is_asked_for() -> None:
    head = b"POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
    async with served() as server, client(server) as asking:
        sending = asyncio.create_task(asking.send(head + b"a" * 50_000_000))
        await eventually(lambda: bool(server.scopes))
        await asyncio.sleep(0.3)
        assert server.table.held < 600_000
        assert not sending.done()
        sending.cancel()


async def test_an_answer_is_received_though_the_body_was_not_read() -> None:
    head = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    async with served() as server, client(server) as asking:
        await asking.send(head + b"a" * 3_000_000)
        assert (await asking.answer())[2] == b"served"
        await asking.send(GET)
        assert (await asking.answer())[2] == b"served"


async def test_client_that_keeps_sending_an_unread_body_is_disconnected() -> None:
    head = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n"
    async with served(linger_seconds=0.2) as server, client(server) as asking:
        await asking.send(head + b"a")
        assert (await asking.answer())[2] == b"served"
        assert await asking.ends()
    async with served(linger_bytes=100_000) as server, client(server) as asking:
        await asking.send(head)
        assert (await asking.answer())[2] == b"served"
        await asking.send(b"a" * 5_000_000)
        assert await asking.ends()


async def test_pipelined_requests_are_bounded() -> None:
    async with served(pipelined=4) as server, client(server) as asking:
        await asking.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n" + GET * 5_000)
        assert await asking.ends()
        assert len(server.scopes) == 1


async def test_client_that_reads_no_answers_is_disconnected() -> None:
    async with served(write_seconds=0.3) as server, client(server) as asking:
        await asking.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        await eventually(lambda: bool(server.scopes))
        # The transport is paused and the client reads nothing.
        await eventually(lambda: len(server.table) == 0)


async def test_client_that_reads_no_last_answer_is_disconnected_too() -> None:
    async with served(write_seconds=0.3) as server, client(server) as asking:
        await asking.send(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await eventually(lambda: bool(server.scopes))
        await eventually(lambda: len(server.table) == 0)


async def test_a_connection_more_than_a_client_may_have_takes_the_place_of_its_oldest() -> None:
    async with served(per_client=3) as server, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(client(server)) for _ in range(3)]
        await eventually(lambda: len(server.table) == 3)
        newest = await stack.enter_async_context(client(server))
        await newest.send(GET)
        assert (await newest.answer())[0] == 200
        assert await held[0].ends()
        await held[1].send(GET)
        assert (await held[1].answer())[0] == 200
        assert len(server.table) == 3


async def test_served_connection_keeps_its_place_and_the_next_is_refused_with_retry_after() -> None:
    async with served(connections=2) as server, AsyncExitStack() as stack:
        for _ in range(2):
            served_one = await stack.enter_async_context(client(server))
            await served_one.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: len(server.scopes) == 2)
        late = await stack.enter_async_context(client(server))
        assert await late.refusal() == (503, "too many connections")
        assert await late.ends()


async def test_unread_bytes_of_all_connections_are_bounded() -> None:
    async with served(unread_bytes=100_000) as server, AsyncExitStack() as stack:
        first = await stack.enter_async_context(client(server))
        await first.send(b"GET / HTTP/1.1\r\nX: " + b"a" * 30_000)
        for _ in range(3):
            other = await stack.enter_async_context(client(server))
            await other.send(b"GET / HTTP/1.1\r\nX: " + b"a" * 30_000)
        assert await first.ends()
        assert server.table.held <= 100_000


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
async def test_no_other_protocol_is_begun_and_nothing_of_it_is_parsed(protocol: bytes) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n"
    async with served() as server:
        async with client(server) as asking:
            await asking.send(b"GET / HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n" + GET)
            status, headers, _ = await asking.answer()
            assert (status, headers["connection"]) == (200, "close")
            assert await asking.ends()
        async with client(server) as asking:
            # The parser would take the body for the next request.
            smuggled = b"Content-Length: 27\r\n" + upgrade + b"\r\n" + GET
            await asking.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + smuggled)
            assert (await asking.refusal())[0] == 400
        assert [scope["type"] for scope in server.scopes] == ["http"]
