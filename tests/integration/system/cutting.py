"""A proxy that lets a server finish its work and then keeps the answer back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

_TIMEOUT_SECONDS = 30.0


@dataclass(slots=True)
class CuttingProxy:
    """Forwards HTTP/1.1 requests, one a connection, and drops the answers it is told to.

    Attributes:
        url: The server's URL, as reached through the proxy.
        marked: Bytes by which a request is known whose answer is to be dropped.
        cuts_left: How many of those answers will be dropped.
        instead: Bytes that are changed on the way to the server, and what into (of one length).
        requests: What was sent, in order.
        cut_requests: Those whose answer was dropped.
    """

    url: str
    marked: bytes = b""
    cuts_left: int = 0
    instead: tuple[bytes, bytes] = (b"", b"")
    requests: list[bytes] = field(default_factory=list)
    cut_requests: list[bytes] = field(default_factory=list)

    def cut_next(self, marked: bytes, times: int = 1) -> None:
        """Drop the answers to the next requests that hold these bytes."""
        self.marked, self.cuts_left = marked, times

    def serve(self, listener: socket.socket, server: tuple[str, int]) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client, server), daemon=True).start()

    def _one(self, client: socket.socket, server: tuple[str, int]) -> None:
        with client, socket.create_connection(server, _TIMEOUT_SECONDS) as upstream:
            client.settimeout(_TIMEOUT_SECONDS)
            request = _whole_message(client)
            if not request:
                return
            self.requests.append(request)
            upstream.sendall(_closing(request).replace(*self.instead))
            answer = b""
            while chunk := upstream.recv(65_536):
                answer += chunk
            # The server has answered in full: what it wrote is committed.
            if self.cuts_left and self.marked in request:
                self.cuts_left -= 1
                self.cut_requests.append(request)
                return
            client.sendall(answer)


@contextmanager
def cutting_proxy(url: str) -> Iterator[CuttingProxy]:
    """A proxy in front of the server at `url`."""
    parts = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))
    place = f"127.0.0.1:{listener.getsockname()[1]}"
    proxy = CuttingProxy(urlunsplit(parts._replace(netloc=place)))
    server = (str(parts.hostname), int(parts.port or 80))
    threading.Thread(target=proxy.serve, args=(listener, server), daemon=True).start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _whole_message(client: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = client.recv(65_536)
        if not chunk:
            return b""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while len(body) < sum(lengths):
        body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


def _closing(request: bytes) -> bytes:
    """The request, asking the server to close the connection when it has answered."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
