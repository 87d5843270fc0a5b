"""HTTP requests written as bytes, for credentials that HTTP client libraries refuse to send.

Such is a line feed or a NUL inside a header: libraries refuse it, sockets do not, and an attacker
uses sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from crosstalk.core.errors import TargetFailedError

_SECONDS = 15.0
_MAX_ANSWER = 1_000_000


class NoAnswerError(TargetFailedError):
    """The connection gave no HTTP response."""


async def send_raw(
    method: str, url: str, lines: Sequence[tuple[bytes, bytes]], body: bytes
) -> tuple[int, str, str | None]:
    """Send a request with these header lines as they are, and read the response.

    Args:
        method: The request's method.
        url: An `http://` address; its query is sent too.
        lines: Header names and values.
        body: The request's body; its length is added.

    Returns:
        Status, body and the `WWW-Authenticate` header, if any.

    Raises:
        NoAnswerError: The connection was closed or lost without a response.
    """
    place = urlsplit(url)
    target = f"{place.path or '/'}{'?' + place.query if place.query else ''}"
    head = [
        f"{method} {target} HTTP/1.1".encode(),
        b"Host: " + place.netloc.encode(),
        b"Connection: close",
        b"Content-Length: " + str(len(body)).encode(),
        *(name + b": " + value for name, value in lines),
    ]
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(place.hostname, place.port or 80)
            writer.write(b"\r\n".join([*head, b"", body]))
            answer = await _read(reader)
            writer.close()
    except (OSError, TimeoutError) as error:
        raise NoAnswerError(f"no response from {place.netloc}") from error
    return _parse(answer)


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Read until the other side closes; an endless response is cut short."""
    answer = bytearray()
    while len(answer) < _MAX_ANSWER and (piece := await reader.read(65_536)):
        answer += piece
    return bytes(answer)


def _parse(answer: bytes) -> tuple[int, str, str | None]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise NoAnswerError("the connection was closed without an HTTP response")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return int(words[1]), body.decode("utf-8", "replace"), headers.get("www-authenticate")
