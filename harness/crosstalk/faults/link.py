"""A TCP proxy on loopback that can delay, cut, hold, refuse, truncate or invent what it passes on.

Each pair of services has a link of its own, so that a fault between two of them leaves the others
alone. Bytes are not interpreted, but for two disturbances that answer in the server's place.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from crosstalk.environment.runtime.background import BackgroundLoop

_PIECE = 65_536
_HOST = "127.0.0.1"
_LOOK_SECONDS = 0.02
# A response without a length ends with its connection (RFC 9112 section 6.3): this one never does.
_ENDLESS_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Treatment of the bytes on a link; the default passes them on.

    Attributes:
        refused: No connection is accepted; those that exist are cut.
        held: Nothing is passed on in either direction, and connections stay open.
        delay: Seconds by which each piece is delayed.
        bytes_per_second: Bandwidth of each direction of a connection; 0 for no bound.
        reply_bytes: Bytes of a reply after which its connection is cut; None for all.
        endless: Each request is answered by a body without end, in the server's place.
        answer: Each request is answered by these bytes, in the server's place.
    """

    refused: bool = False
    held: bool = False
    delay: float = 0.0
    bytes_per_second: int = 0
    reply_bytes: int | None = None
    endless: bool = False
    answer: bytes = b""


NONE = Disturbance()


class Link:
    """A proxy from one port to another, run by a `LinkLoop`.

    Args:
        name: Its name in messages.
        port: Port to listen on.
        upstream_port: Port that it passes connections on to.
    """

    def __init__(self, name: str, port: int, upstream_port: int) -> None:
        self.name = name
        self.port = port
        self._upstream_port = upstream_port
        self._disturbance = NONE
        self._released = asyncio.Event()
        self._released.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def connections(self) -> int:
        """Number of connections that are open, counted at both ends."""
        return len(self._writers)

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            OSError: The port cannot be listened on.
        """
        self._server = await asyncio.start_server(self._serve, _HOST, self.port, backlog=512)

    async def close(self) -> None:
        """End the proxy and its connections."""
        await self._stop_listening()
        await self.cut()

    async def disturb(self, disturbance: Disturbance) -> None:
        """Treat bytes in this way from now on."""
        self._disturbance = disturbance
        if disturbance.held:
            self._released.clear()
        else:
            self._released.set()
        if disturbance.refused:
            await self.close()
        elif self._server is None:
            await self.open()

    async def cut(self) -> None:
        """Reset every connection (RST), whatever is under way on it."""
        for writer in list(self._writers):
            _reset(writer)

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            answering = self._disturbance
            if answering.endless or answering.answer:
                await self._answer(reader, writer, answering)
                return
            incoming, upstream = await asyncio.open_connection(_HOST, self._upstream_port)
            self._writers.add(upstream)
            await self._pass_both_ways(reader, writer, incoming, upstream)
        except OSError:
            # An upstream that is away shows as a connection that ends.
            pass
        finally:
            for each in (writer, upstream):
                if each is not None:
                    self._writers.discard(each)
                    # What was written before still arrives.
                    each.close()

    async def _pass_both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        incoming: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> None:
        pumps = [
            asyncio.create_task(self._pump(reader, upstream, is_reply=False)),
            asyncio.create_task(self._pump(incoming, writer, is_reply=True)),
        ]
        try:
            # Either end's close ends both: the services close whole connections only.
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in pumps:
                each.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        while piece := await reader.read(_PIECE):
            await self._released.wait()
            current = self._disturbance
            if current.delay:
                await asyncio.sleep(current.delay)
            if is_reply and current.reply_bytes is not None:
                writer.write(piece[: current.reply_bytes])
                await writer.drain()
                return
            for part in _parts(piece, current.bytes_per_second):
                writer.write(part)
                await writer.drain()
                if current.bytes_per_second:
                    await asyncio.sleep(len(part) / current.bytes_per_second)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answering: Disturbance
    ) -> None:
        await reader.read(_PIECE)
        writer.write(answering.answer or _ENDLESS_HEAD)
        await writer.drain()
        while answering.endless and self._disturbance is answering:
            writer.write(b" " * 4_096)
            await writer.drain()
            await asyncio.sleep(_LOOK_SECONDS)


class LinkLoop:
    """Runs links on an event loop of their own while the `with` block runs.

    Args:
        links: The links.
    """

    def __init__(self, links: Sequence[Link]) -> None:
        self._links = links
        self._loop = BackgroundLoop("links")

    def __enter__(self) -> LinkLoop:
        """Have every link listen.

        Raises:
            OSError: A port cannot be listened on.
        """
        self._loop.__enter__()
        for each in self._links:
            self._loop.run(each.open())
        return self

    def __exit__(self, *failure: object) -> None:
        """End every link."""
        for each in self._links:
            self._loop.run(each.close())
        self._loop.__exit__(*failure)

    def disturb(self, link: Link, disturbance: Disturbance) -> None:
        """Treat a link's bytes in this way from now on.

        Raises:
            OSError: Its port cannot be listened on again.
        """
        self._loop.run(link.disturb(disturbance))

    def cut(self, link: Link) -> None:
        """Reset every connection of a link."""
        self._loop.run(link.cut())


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection at once, with RST instead of FIN."""
    endpoint = writer.get_extra_info("socket")
    if endpoint is not None:
        with contextlib.suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def _parts(piece: bytes, bytes_per_second: int) -> list[bytes]:
    """Split a piece into what a tenth of a second carries."""
    size = max(1, bytes_per_second // 10) if bytes_per_second else len(piece)
    return [piece[start : start + size] for start in range(0, len(piece), size)]
