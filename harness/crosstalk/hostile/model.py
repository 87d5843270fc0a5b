"""A hostile model before the offline one: a chat that names an output by its number gets it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
from collections.abc import Callable, Mapping

from crosstalk.model.conversation import ModelReply, ToolCall
from crosstalk.model.wire import response, response_events

_HOST = "127.0.0.1"
_DIRECTIVE = re.compile(rb"hostile output (\d+)")
_LIMIT = 16 * 2**20
_OK = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nConnection: close\r\n\r\n"
_JSON, _EVENTS = "application/json", "text/event-stream"


def directive(number: int) -> str:
    """Return the message that makes the model answer with that output."""
    return f"hostile output {number}"


def output(number: int, *, streamed: bool) -> bytes:
    """Return a whole HTTP response: the hostile output of a number, the same for each request."""
    chance = random.Random(number)  # noqa: S311
    kind = number % len(_OUTPUTS)
    body = _OUTPUTS[kind](chance, streamed)
    if body.startswith(b"HTTP/"):
        return body
    return _OK.format(_EVENTS if streamed else _JSON).encode() + body


def _reply(reply: ModelReply, streamed: bool) -> bytes:
    if streamed:
        return "".join(response_events(reply, "hostile")).encode()
    return json.dumps(response(reply, "hostile")).encode()


def _calls(name: str, arguments: Mapping[str, object], count: int = 1) -> ModelReply:
    return ModelReply(calls=(ToolCall(name, arguments),) * count)


def _nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def _broken(chance: random.Random, streamed: bool) -> bytes:
    whole = bytearray(_reply(_calls("list_tasks", {"user_id": "x"}), streamed))
    for _ in range(chance.randint(1, 30)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


def _truncated(chance: random.Random, streamed: bool) -> bytes:
    whole = _reply(ModelReply(text="a long answer " * 50), streamed)
    return whole[: chance.randrange(len(whole))]


def _raw_arguments(text: bytes, streamed: bool) -> bytes:
    """Return a tool call whose arguments are these bytes, as they are."""
    marked = _reply(_calls("add_task", {"title": "PLACE"}), streamed)
    quoted = json.dumps(json.dumps({"title": "PLACE"})).encode()
    return marked.replace(quoted, b'"' + text + b'"')


# The number of an output that calls 64 tools at once.
MANY_CALLS = 0
_OUTPUTS: tuple[Callable[[random.Random, bool], bytes], ...] = (
    lambda chance, streamed: _reply(_calls("list_tasks", {}, 64), streamed),
    lambda chance, streamed: b"",
    lambda chance, streamed: b"null",
    lambda chance, streamed: b"{}",
    lambda chance, streamed: b"data: [DONE]\n\n",
    lambda chance, streamed: b"\xff\xfe\xfd" * 100,
    lambda chance, streamed: b"x" * 6_000_000,
    lambda chance, streamed: b"data: " + b"x" * 6_000_000,
    lambda chance, streamed: b"\n" * 200_000,
    lambda chance, streamed: b"event: response.created\ndata: {}\n\n" * 3_000,
    lambda chance, streamed: b"[" * 100_000,
    _broken,
    _truncated,
    lambda chance, streamed: _reply(_calls("no_such_tool", {}), streamed),
    lambda chance, streamed: _reply(_calls("add_task", {"user_id": "x", "title": 7}), streamed),
    lambda chance, streamed: _reply(_calls("add_task", {"title": _nested(200)}), streamed),
    lambda chance, streamed: _raw_arguments(b"[" * 50_000, streamed),
    lambda chance, streamed: _raw_arguments(b"\xff\xfe", streamed),
    lambda chance, streamed: _raw_arguments(b"\\ud800", streamed),
    lambda chance, streamed: _raw_arguments(rb"{\"title\": \"\\ud800\"}", streamed),
    lambda chance, streamed: _raw_arguments(b"not json", streamed),
    lambda chance, streamed: _reply(_calls("\ud800", {}), streamed),
    lambda chance, streamed: _reply(ModelReply(text="half \ud800 a character"), streamed),
    lambda chance, streamed: _reply(ModelReply(text="\u0000\u2028\ud83d\ude00" * 300), streamed),
    lambda chance, streamed: b"HTTP/1.1 500 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    lambda chance, streamed: (
        b"HTTP/1.1 429 X\r\nRetry-After: -1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    ),
    lambda chance, streamed: b"HTTP/9.9 abc\r\n\r\n",
    lambda chance, streamed: (
        b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:9/\r\n"
        b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    ),
)
OUTPUTS = len(_OUTPUTS)


class HostileModel:
    """Stands before the offline model, and answers for it where a chat asks for a hostile output.

    Args:
        port: Port to listen on.
        upstream_port: The offline model's.
    """

    def __init__(self, port: int, upstream_port: int) -> None:
        self.name = "model"
        self.port = port
        self._upstream_port = upstream_port
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            OSError: The port cannot be listened on.
        """
        self._server = await asyncio.start_server(
            self._serve, _HOST, self.port, backlog=512, limit=_LIMIT
        )

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                asked = _DIRECTIVE.findall(body)
                if asked:
                    # The last one is that of the message to answer.
                    streamed = b'"stream":true' in body.replace(b" ", b"")
                    writer.write(output(int(asked[-1]), streamed=streamed))
                    await writer.drain()
                else:
                    await self._forward(head, body, writer)
            finally:
                writer.close()

    async def _forward(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        # One request a connection: what comes back is passed on until it ends.
        lines = [
            each for each in head.split(b"\r\n") if not each.lower().startswith(b"connection:")
        ]
        closing = b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])
        incoming, upstream = await asyncio.open_connection(_HOST, self._upstream_port)
        try:
            upstream.write(closing + body)
            await upstream.drain()
            while piece := await incoming.read(65_536):
                writer.write(piece)
                await writer.drain()
        finally:
            upstream.close()
