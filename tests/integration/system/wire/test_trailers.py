"""Trailers and other protocols at the running services: neither brings a credential."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from crosstalk.environment import RunningSystem

_TASK = b'{"title": "by a trailer"}'
_HANDSHAKE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def status(url: str, *parts: bytes) -> int:
    """The status of the answer to these bytes."""
    place = urlsplit(url)
    assert place.hostname
    with socket.create_connection((place.hostname, place.port or 80), timeout=20) as connection:
        for each in parts:
            connection.sendall(each)
        return int(connection.recv(4_096).split()[1])


def head(url: str, first: str, *lines: str) -> bytes:
    """A head for this service."""
    return "\r\n".join([first, f"Host: {urlsplit(url).netloc}", *lines, "", ""]).encode()


def test_a_token_in_the_trailer_is_no_token(running: RunningSystem, alice: str) -> None:
    url, token = running.backend_url, f"Authorization: Bearer {running.mint(alice)}\r\n".encode()
    chunked = ("Content-Type: application/json", "Transfer-Encoding: chunked")
    chunks = f"{len(_TASK):x}\r\n".encode() + _TASK + b"\r\n0\r\n"
    request = head(url, f"POST /api/{alice}/tasks HTTP/1.1", *chunked)
    assert status(url, request + chunks + token + b"\r\n") == 401
    # The same in front of the body is one, and a second one behind it changes nothing.
    request = head(url, f"POST /api/{alice}/tasks HTTP/1.1", *chunked, token.decode().strip())
    assert status(url, request + chunks, token + b"\r\n") == 201


@pytest.mark.parametrize("path", ["/", "/api/chat", "/health", "/mcp"])
def test_no_websocket_is_opened(running: RunningSystem, path: str) -> None:
    for url in (running.backend_url, running.mcp_url):
        upgrade = head(url, f"GET {path} HTTP/1.1", *_HANDSHAKE.strip().split("\r\n"))
        assert status(url, upgrade) != 101
        bearer = f"Authorization: Bearer {running.mint('alice')}"
        upgrade = head(url, f"GET {path} HTTP/1.1", bearer, *_HANDSHAKE.strip().split("\r\n"))
        assert status(url, upgrade) != 101
