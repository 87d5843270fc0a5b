"""A loopback relay that rewrites the head of every request, e.g. to add a bearer token.

The conformance suite has no way to send a credential with its server scenarios. The relay works on
bytes: `Host`, `Origin`, white space and letter case of headers reach the server as they were sent,
so that the server's own checks of them are tested. Each connection carries one request;
`Connection: close` is sent to both sides.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import urlsplit

from crosstalk.core.errors import HarnessError

_MAX_HEAD = 65_536
_CONNECTION = re.compile(rb"^connection:[^\r\n]*\r\n", re.IGNORECASE | re.MULTILINE)

# From the request line and headers, each with its line end, to those that are sent on.
Rewrite: TypeAlias = Callable[[bytes], bytes]


class _Relay:
    def __init__(self, host: str, port: int, rewrite: Rewrite) -> None:
        self._upstream = (host, port)
        self._rewrite = rewrite

    async def serve(
        self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter
    ) -> None:
        """Relay one request and its response."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await client_in.readuntil(b"\r\n\r\n")
            head = self._rewrite(_CONNECTION.sub(b"", head))
            server_in, server_out = await asyncio.open_connection(*self._upstream)
            server_out.write(_with_header(head, b"Connection: close"))
            ways = [
                asyncio.create_task(_pump(client_in, server_out)),
                asyncio.create_task(_pump(server_in, client_out)),
            ]
            # Either side's end ends both: a client that disconnected keeps no stream open.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            server_out.close()
        client_out.close()


def _with_header(head: bytes, header: bytes) -> bytes:
    line, _, headers = head.partition(b"\r\n")
    return b"\r\n".join((line, header, headers))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(65_536):
            sink.write(chunk)
            await sink.drain()


@contextlib.contextmanager
def token_proxy(upstream: str, token: str) -> Iterator[str]:
    """Relay requests to a server while the block runs, adding a token to each.

    Args:
        upstream: URL of the MCP endpoint, `http` only.
        token: Sent as `Authorization: Bearer`.

    Yields:
        The endpoint's URL through the relay.

    Raises:
        HarnessError: The URL is not one that can be relayed.
    """
    header = f"Authorization: Bearer {token}".encode()
    with relay(upstream, lambda head: _with_header(head, header)) as url:
        yield url


@contextlib.contextmanager
def relay(upstream: str, rewrite: Rewrite) -> Iterator[str]:
    """Relay requests to a server while the block runs.

    Args:
        upstream: URL of the server, `http` only.
        rewrite: Changes the head of each request: the request line and the headers.

    Yields:
        The same URL through the relay.

    Raises:
        HarnessError: The URL is not one that can be relayed.
    """
    parts = urlsplit(upstream)
    if parts.scheme != "http" or not parts.hostname:
        raise HarnessError(f"{upstream} cannot be relayed: it must be an http:// URL")
    relaying = _Relay(parts.hostname, parts.port or 80, rewrite)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(relaying.serve, "127.0.0.1", 0, limit=_MAX_HEAD)
    )
    port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}{parts.path}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
