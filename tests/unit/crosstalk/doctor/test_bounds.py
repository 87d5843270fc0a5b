"""Servers that drip, flood or never answer cost the doctor a bounded time and memory."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from crosstalk.doctor.client import BoundedClient


@contextlib.contextmanager
def serving(head: bytes, piece: bytes) -> Iterator[str]:
    """A server that sends `head` and then `piece` for ever, or nothing when that is empty."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with contextlib.suppress(OSError), client:
                    client.recv(65_536)
                    client.sendall(head)
                    while not ended.wait(0.01 if len(piece) < 100 else 0):
                        client.sendall(piece)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def client(timeout: float = 0.3) -> BoundedClient:
    """A client with little patience."""
    return BoundedClient(timeout=timeout, trust=ssl.create_default_context())


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def test_client_leaves_a_dripping_body_after_the_timeout() -> None:
    with serving(_HEAD, b"x") as url:
        reply = client().get(url)
    assert reply.status == 200
    assert 0 < len(reply.text) < 1_000


def test_client_cuts_an_endless_body() -> None:
    with serving(_HEAD, b"x" * 65_536) as url:
        reply = client(timeout=10.0).get(url)
    assert len(reply.text) == 512 * 1024


def test_client_takes_a_silent_server_for_no_response() -> None:
    with serving(b"", b"") as url:
        assert client().get(url).status == 0


def test_client_stops_after_its_most_requests() -> None:
    asked = client(timeout=0.2)
    for _ in range(250):
        reply = asked.get("http://127.0.0.1:9")
    assert "too many requests" in reply.error
