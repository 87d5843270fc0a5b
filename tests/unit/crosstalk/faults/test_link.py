"""Links pass bytes on, or do with them what a fault asks for."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crosstalk.environment.runtime.ports import Ports
from crosstalk.faults.link import NONE, Disturbance, Link, LinkLoop


@contextmanager
def _echo_server() -> Iterator[int]:
    """A server that answers each piece with the same bytes, on one connection after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def echo(connection: socket.socket) -> None:
            with connection, contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(4_096):
                    connection.sendall(piece)

        def serve() -> None:
            while True:
                try:
                    connection = listening.accept()[0]
                except OSError:
                    return
                threading.Thread(target=echo, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def linked() -> Iterator[tuple[Link, LinkLoop]]:
    with _echo_server() as port, Ports() as ports:
        link = Link("echo", ports.take(), port)
        with LinkLoop([link]) as loop:
            yield link, loop


def _connect(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=10)


def test_link_passes_bytes_on_in_both_directions(linked: tuple[Link, LinkLoop]) -> None:
    link, _ = linked
    with _connect(link) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"


def test_cut_link_resets_connections_and_accepts_new_ones(linked: tuple[Link, LinkLoop]) -> None:
    link, loop = linked
    with _connect(link) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        loop.cut(link)
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    test_link_passes_bytes_on_in_both_directions(linked)


def test_refusing_link_accepts_no_connection_until_it_is_lifted(
    linked: tuple[Link, LinkLoop],
) -> None:
    link, loop = linked
    loop.disturb(link, Disturbance(refused=True))
    with pytest.raises(ConnectionRefusedError):
        _connect(link)
    loop.disturb(link, NONE)
    test_link_passes_bytes_on_in_both_directions(linked)


def test_held_bytes_arrive_when_the_link_is_lifted(linked: tuple[Link, LinkLoop]) -> None:
    link, loop = linked
    loop.disturb(link, Disturbance(held=True))
    with _connect(link) as connection:
        connection.sendall(b"hello")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(10)
        loop.disturb(link, NONE)
        assert connection.recv(100) == b"hello"


def test_reply_is_cut_after_its_bytes(linked: tuple[Link, LinkLoop]) -> None:
    link, loop = linked
    loop.disturb(link, Disturbance(reply_bytes=2))
    with _connect(link) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"he"
        assert connection.recv(100) == b""


def test_endless_answer_goes_on_until_the_link_is_lifted(linked: tuple[Link, LinkLoop]) -> None:
    link, loop = linked
    loop.disturb(link, Disturbance(endless=True))
    with _connect(link) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        received = 0
        while received < 20_000:
            received += len(connection.recv(4_096))
        loop.disturb(link, NONE)
        while connection.recv(4_096):
            pass


def test_answer_in_the_servers_place(linked: tuple[Link, LinkLoop]) -> None:
    link, loop = linked
    loop.disturb(link, Disturbance(answer=b"wrong"))
    with _connect(link) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"wrong"
