"""Servers that drip, flood or never answer cost the doctor a bounded time and memory."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from crosstalk.doctor.probe import Probe


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


def probe(timeout: float = 0.3) -> Probe:
    """A probe with little patience."""
    return Probe(timeout=timeout, trust=ssl.create_default_context())


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def test_a_body_that_drips_is_left_after_the_time_out() -> None:
    with serving(_HEAD, b"x") as url:
        reply = probe().get(url)
    assert reply.status == 200
    assert 0 < len(reply.text) < 1_000


def test_a_body_that_never_ends_is_cut() -> None:
    with serving(_HEAD, b"x" * 65_536) as url:
        reply = probe(timeout=10.0).get(url)
    assert len(reply.text) == 512 * 1024


def test_a_server_that_says_nothing_is_no_answer() -> None:
    with serving(b"", b"") as url:
        assert probe().get(url).status == 0


def test_there_is_an_end_to_asking() -> None:
    asked = probe(timeout=0.2)
    for _ in range(250):
        reply = asked.get("http://127.0.0.1:9")
    assert "too many requests" in reply.error
