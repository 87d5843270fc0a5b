"""Sends bytes and reads whatever comes back, with no more of HTTP than it takes to find the end."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

_HOST = "127.0.0.1"
_LIMIT = 32 * 2**20
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding: *chunked")
_CLOSES = re.compile(rb"(?im)^connection: *close")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or its absence.

    Attributes:
        status: 0 where the connection was closed without an answer.
        head: Status line and fields.
        body: As it was sent.
        hung: Neither an answer nor an end came in time.
    """

    status: int
    head: bytes = b""
    body: bytes = b""
    hung: bool = False


HUNG = Answer(0, hung=True)


class Wire:
    """A connection to one service, opened anew whenever the last one ended.

    Args:
        port: The service's.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, payload: bytes, *, keeps: bool, patience: float) -> Answer:
        """Send bytes and read the answer to them.

        Args:
            payload: The bytes.
            keeps: They are one whole request; otherwise the sending half is closed after them, and
                the connection used for nothing else.
            patience: Seconds to wait for the answer.
        """
        try:
            async with asyncio.timeout(patience):
                return await self._exchange(payload, keeps=keeps)
        except TimeoutError:
            await self.close()
            return HUNG
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            await self.close()
            return Answer(0)

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, payload: bytes, *, keeps: bool) -> Answer:
        if not keeps:
            await self.close()
        reused = self._streams is not None
        try:
            return await self._once(payload, keeps=keeps)
        except (OSError, asyncio.IncompleteReadError):
            # A kept connection may have been closed in the meantime.
            await self.close()
            if not reused:
                raise
            return await self._once(payload, keeps=keeps)

    async def _once(self, payload: bytes, *, keeps: bool) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(_HOST, self._port, limit=_LIMIT)
        reader, writer = self._streams
        writer.write(payload)
        if not keeps:
            writer.write_eof()
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        while (found := _STATUS.match(head)) and found[1].startswith(b"1"):
            head = await reader.readuntil(b"\r\n\r\n")
        status = int(found[1]) if found else 0
        body = b"" if status in (204, 304) else await _body(reader, head)
        if not keeps or _CLOSES.search(head):
            await self.close()
        return Answer(status, head, body)


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if _CHUNKED.search(head):
        parts = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return b"".join(parts)
    if found := _LENGTH.search(head):
        return await reader.readexactly(int(found[1]))
    return await reader.read(_LIMIT)
