"""How requests travel: on shared and kept connections, and broken off on purpose."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from crosstalk.core.history import Sending
from crosstalk.surface.http.delivery import MessageNumbers, sent_as, session_of
from crosstalk.surface.http.exchange import client


class _Listener:
    """Notes what arrives on each connection, and answers whole requests."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.arrived: list[bytes] = []
        self.gone = threading.Semaphore(0)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/notes"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            place = len(self.arrived)
            self.arrived.append(b"")
            threading.Thread(target=self._serve, args=(connection, place), daemon=True).start()

    def _serve(self, connection: socket.socket, place: int) -> None:
        with connection:
            while piece := _received(connection):
                self.arrived[place] += piece
                head, _, body = self.arrived[place].rpartition(b"\r\n\r\n")
                if head and len(body) == 12:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.gone.release()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except OSError:
        return b""


@contextmanager
def listening() -> Iterator[_Listener]:
    """A listener, closed afterwards."""
    listener = _Listener()
    try:
        yield listener
    finally:
        listener.socket.close()


def test_delivery_holds_copies_of_one_request_open_at_once() -> None:
    with listening() as listener:
        http = client(5.0)
        held = Sending(aborted_at="body", copies=12)
        with sent_as(held), pytest.raises(httpx2.HTTPError):
            http.post(listener.url, content=b"twelve bytes")
        for _ in range(12):
            assert listener.gone.acquire(timeout=10)
        assert len(listener.arrived) == 12
        assert all(each.endswith(b"\r\n\r\ntwelve") for each in listener.arrived)


@pytest.mark.parametrize(("cut", "length"), [("head", 0), ("body", 6), ("served", 12)])
def test_delivery_aborts_a_request_at_the_stated_point(cut: str, length: int) -> None:
    with listening() as listener:
        http = client(5.0)
        with (
            sent_as(Sending(aborted_at=cut)),  # type: ignore[arg-type]
            pytest.raises(httpx2.HTTPError),
        ):
            http.post(listener.url, content=b"twelve bytes")
        assert listener.gone.acquire(timeout=10)
        head, _, body = listener.arrived[0].partition(b"\r\n\r\n")
        assert head.startswith(b"POST /notes HTTP/1.1\r\n")
        assert b"content-length: 12" in head.lower()
        assert len(body) == length
        http.close()


def test_delivery_shares_a_connection_between_requests_of_one_name_alone() -> None:
    with listening() as listener:
        http = client(5.0)
        for name in ("shared", "shared", "own"):
            with sent_as(Sending(connection=name)):
                assert http.post(listener.url, content=b"twelve bytes").text == "ok"
        assert [each.count(b"POST") for each in listener.arrived] == [2, 1]
        http.close()


def test_message_numbers_begin_at_one_for_each_client() -> None:
    numbers = MessageNumbers()
    assert [next(numbers), next(numbers)] == [1, 2]
    for name in ("one", "other"):
        with sent_as(Sending(client=name)):
            assert next(numbers) == 1
    assert next(numbers) == 3


def test_session_name_differs_between_clients() -> None:
    assert session_of("alice") == "alice"
    with sent_as(Sending(client="second")):
        assert session_of("alice") == "alice second"
    assert session_of("alice") == "alice"
