"""A server with bounds in the test's own loop, and clients that send bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from system.wire.connections import ConnectionLimits, ConnectionTable
from system.wire.http_protocol import bounded
from tests.unit.system.backend.serving import eventually


@dataclass(slots=True)
class Served:
    """A server under test.

    Attributes:
        port: Where it listens.
        table: Its connections.
        scopes: What the application was given, by arrival.
        bodies: What it read.
    """

    port: int
    table: ConnectionTable
    scopes: list[Scope] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def application(served: Served) -> ASGIApp:
    """`/early` answers without reading, `/large` with 8 MB, `/wait` never; others read first."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        served.scopes.append(scope)
        path = scope["path"]
        if path == "/wait":
            await asyncio.Event().wait()
        if path != "/early":
            body, more = b"", True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                body += message.get("body", b"")
                more = message.get("more_body", False)
            served.bodies.append(body)
        answer = b"x" * 8_000_000 if path == "/large" else b"served"
        length = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": answer})

    return app


@asynccontextmanager
async def served(**limits: Any) -> AsyncIterator[Served]:
    """A server with these bounds, the others as they are by default, but not so patient."""
    table = ConnectionTable(ConnectionLimits(**{"linger_seconds": 0.3, **limits}))
    found = Served(0, table)
    config = uvicorn.Config(
        application(found),
        port=0,
        http=bounded(table),
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    found.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.should_exit = True
        await task


class Client:
    """A connection that sends what it is told and reads what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send bytes; that the server has gone is no failure here."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError:
            pass

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer.

        Raises:
            EOFError: The connection ended instead.
        """
        async with asyncio.timeout(20):
            try:
                head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines if line)
                body = await self._reader.readexactly(int(headers.get("content-length", "0")))
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise EOFError from error
        return int(first.split()[1]), headers, body

    async def refusal(self) -> tuple[int, str]:
        """Status and message of an answer that is the error envelope and ends the connection."""
        status, headers, body = await self.answer()
        envelope = json.loads(body)
        assert set(envelope) == {"status", "error_code", "message", "details"}
        assert headers["connection"] == "close"
        return status, envelope["message"]

    async def ends(self) -> bool:
        """Wait until the server has ended the connection; False if it does not."""
        try:
            async with asyncio.timeout(20):
                while await self._reader.read(65_536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Leave."""
        self._writer.close()


@asynccontextmanager
async def client(server: Served) -> AsyncIterator[Client]:
    """A connection to a server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=16_000_000)
    connected = Client(reader, writer)
    try:
        yield connected
    finally:
        connected.close()
