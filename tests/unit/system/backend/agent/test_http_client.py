"""The client transport between services, against servers that answer oddly."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from system.backend.agent.http_client import ServiceTransport
from tests.unit.crosstalk.doctor.test_tls import certificate

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class _Server:
    """Counts connections and keeps what it was sent."""

    def __init__(self, answers: list[bytes], *, close: bool = False, pause: float = 0.0) -> None:
        self.answers = answers
        self.close = close
        self.pause = pause
        self.connections = 0
        self.requests: list[bytes] = []
        self.ended = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await _request(reader):
                self.requests.append(head)
                await asyncio.sleep(self.pause)
                for part in self.answers:
                    writer.write(part)
                    await writer.drain()
                    # So that each part arrives by itself.
                    await asyncio.sleep(0.01 if len(self.answers) > 1 else 0)
                if self.close:
                    break
        except ConnectionError:
            pass
        finally:
            self.ended += 1
            writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    return head + await reader.readexactly(int(length[0].split(b":")[1]) if length else 0)


@asynccontextmanager
async def _client(
    server: _Server, *, connections: int = 4, timeout: float = 5.0
) -> AsyncIterator[httpx2.AsyncClient]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    transport = ServiceTransport(max_connections=connections)
    try:
        async with httpx2.AsyncClient(
            transport=transport, timeout=timeout, base_url=f"http://127.0.0.1:{port}"
        ) as client:
            yield client
    finally:
        listening.close()


@pytest.mark.parametrize(
    "parts",
    [
        [_OK],
        [_OK[:9], _OK[9:30], _OK[30:]],
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\no\r\n",
            b"1\r\nk\r\n0\r\n\r\n",
        ],
        [b"HTTP/1.1 100 Continue\r\n\r\n", _OK],
        [b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"],
    ],
    ids=["whole", "in parts", "chunked", "interim", "no reason"],
)
async def test_client_reads_an_answer_and_uses_its_connection_again(parts: list[bytes]) -> None:
    server = _Server(parts)
    async with _client(server) as client:
        for _ in range(3):
            answer = await client.post("/x?y=1", json={"a": "b"})
            assert (answer.status_code, answer.text) == (200, "ok")
    assert server.connections == 1
    assert server.requests[0].startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert server.requests[0].endswith(b'\r\n\r\n{"a":"b"}')


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    ],
    ids=["until the end", "1.0", "close"],
)
async def test_connection_that_ends_with_its_answer_is_not_used_again(answer: bytes) -> None:
    server = _Server([answer], close=True)
    async with _client(server) as client:
        for _ in range(2):
            assert (await client.get("/")).text == "ok"
    assert server.connections == 2


async def test_answer_without_a_body_ends_with_its_head() -> None:
    server = _Server([b"HTTP/1.1 204 No Content\r\n\r\n"])
    async with _client(server) as client:
        for _ in range(2):
            assert (await client.delete("/")).status_code == 204
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Le", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", httpx2.RemoteProtocolError),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
            httpx2.RemoteProtocolError,
        ),
        (b"SSH-2.0-OpenSSH\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000, httpx2.RemoteProtocolError),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", httpx2.HTTPError),
    ],
    ids=[
        "nothing",
        "part of a head",
        "part of a body",
        "part of a chunk",
        "not HTTP",
        "many fields",
        "large head",
        "another protocol",
    ],
)
async def test_answer_that_breaks_off_or_is_none_is_an_error(
    answer: bytes, error: type[Exception]
) -> None:
    server = _Server([answer], close=True)
    async with _client(server) as client:
        with pytest.raises(error):
            await client.post("/", json={})
        with pytest.raises(error):
            await client.post("/", json={})


async def test_server_that_is_not_there_was_sent_nothing() -> None:
    server = _Server([_OK])
    async with _client(server) as client:
        base = client.base_url
    async with httpx2.AsyncClient(transport=ServiceTransport(max_connections=1)) as other:
        with pytest.raises(httpx2.ConnectError):
            await other.get(base)


async def test_answer_that_does_not_come_in_time_ends_its_connection() -> None:
    server = _Server([_OK], pause=5.0)
    async with _client(server, connections=1, timeout=0.05) as client:
        for _ in range(2):
            with pytest.raises(httpx2.ReadTimeout):
                await client.get("/")
    assert server.connections == 2


async def test_request_waits_for_a_connection_for_its_time_alone() -> None:
    server = _Server([_OK], pause=0.3)
    async with _client(server, connections=1) as client:
        first = asyncio.create_task(client.get("/"))
        await asyncio.sleep(0.05)
        with pytest.raises(httpx2.PoolTimeout):
            await client.get("/", timeout=httpx2.Timeout(5.0, pool=0.05))
        assert (await first).text == "ok"
        assert (await client.get("/")).text == "ok"
    assert server.connections == 1


async def test_cancelled_request_leaves_its_reply_to_no_other() -> None:
    server = _Server([_OK], pause=0.1)
    async with _client(server, connections=1) as client:
        for _ in range(3):
            waiting = asyncio.create_task(client.get("/cancelled"))
            await asyncio.sleep(0.05)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert (await client.get("/")).text == "ok"
    assert server.connections == 4


async def test_body_that_was_not_read_ends_its_connection() -> None:
    server = _Server([b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + b"x" * 400_000])
    async with _client(server, connections=1) as client:
        async with client.stream("GET", "/") as answer:
            assert answer.status_code == 200
        assert len((await client.get("/")).content) == 400_000
    assert server.connections == 2


async def test_large_body_is_read_as_it_is_asked_for() -> None:
    size = 8_000_000
    server = _Server([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size, b"x" * size])
    async with _client(server) as client, client.stream("GET", "/") as answer:
        await asyncio.sleep(0.3)
        read = [len(piece) async for piece in answer.aiter_raw()]
        assert sum(read) == size
        assert len(read) > 10


async def test_bytes_that_were_not_asked_for_end_the_connection() -> None:
    server = _Server([_OK + _OK])
    async with _client(server) as client:
        for _ in range(2):
            assert (await client.get("/")).text == "ok"
    assert server.connections == 2


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\x00b"])
async def test_field_that_would_be_two_is_not_sent(value: str) -> None:
    server = _Server([_OK])
    async with _client(server) as client:
        with pytest.raises(httpx2.LocalProtocolError):
            await client.get("/", headers={"Mcp-Name": value})
        assert (await client.get("/")).text == "ok"
    assert len(server.requests) == 1


async def test_body_in_pieces_is_sent_with_its_length() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    server = _Server([_OK])
    async with _client(server) as client:
        await client.post("/", content=pieces())
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b"one two"
    assert b"content-length: 7" in head.lower()
    assert b"transfer-encoding" not in head.lower()


async def test_closed_client_leaves_no_connection() -> None:
    server = _Server([_OK])
    async with _client(server) as client:
        await asyncio.gather(*(client.get("/") for _ in range(4)))
    await asyncio.sleep(0.05)
    assert server.ended == server.connections


@pytest.mark.parametrize(
    ("name", "trusted", "served"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.2", True, False)],
    ids=["trusted", "of an unknown authority", "of another name"],
)
async def test_https_is_spoken_with_who_can_prove_their_name(
    tmp_path: Path, name: str, trusted: bool, served: bool
) -> None:
    path = certificate(tmp_path, name=name, days=90)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = _Server([_OK])
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    tls = ssl.create_default_context(cafile=str(path)) if trusted else None
    transport = ServiceTransport(max_connections=1, tls=tls)
    async with httpx2.AsyncClient(transport=transport) as client:
        if served:
            assert [(await client.get(url)).text for _ in range(2)] == ["ok", "ok"]
        else:
            with pytest.raises(httpx2.ConnectError):
                await client.get(url)
    listening.close()
    assert len(server.requests) == (2 if served else 0)
