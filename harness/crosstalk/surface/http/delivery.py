"""Delivery of requests where that matters: on whose connection, and whether they are aborted.

Many users at once may share a pool of connections, one connection, or have one each, a client may
go away while its request is served, and a body may be missing. Surfaces write the request as ever
and need not know: the caller states how it is to travel, and the client that they share obeys.
"""

from __future__ import annotations

import functools
import itertools
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import httpx2

from crosstalk.core.history import Sending
from crosstalk.surface.wire_requests import answered_here, hold_back, overhear, written

_READ_BYTES = 256
_ORDINARY = Sending()
_current: ContextVar[Sending] = ContextVar("sending", default=_ORDINARY)


@contextmanager
def sent_as(sending: Sending | None) -> Iterator[None]:
    """Send every request of this thread that way meanwhile."""
    token = _current.set(sending or _ORDINARY)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def in_full() -> Iterator[None]:
    """Break nothing off meanwhile; all else travels as it was to."""
    with sent_as(replace(_current.get(), aborted_at="")):
        yield


@contextmanager
def beside_kept_connections() -> Iterator[None]:
    """Use connections of the common pool meanwhile: a stream would occupy a kept one for good."""
    with sent_as(replace(_current.get(), connection="", aborted_at="")):
        yield


class MessageNumbers:
    """Ids of JSON-RPC messages: each client counts from 1, as real ones do."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, itertools.count[int]] = defaultdict(
            lambda: itertools.count(1)
        )

    def __next__(self) -> int:
        """The next id of the client that sends now."""
        return next(self._counts[_current.get().client])


def session_of(connection: str) -> str:
    """Return the name of a session: clients that do not know each other do not share one."""
    client = _current.get().client
    return f"{connection} {client}" if client else connection


class SendingClient(httpx2.Client):
    """A client whose requests travel as `sent_as` says."""

    def __init__(self, **settings: Any) -> None:
        settings = {"verify": _trusted(), **settings}
        super().__init__(**settings)
        self._settings = settings
        self._kept: dict[str, httpx2.Client] = {}
        self._making = threading.Lock()

    def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Send a request.

        Raises:
            httpx2.HTTPError: There is no answer, or the request was to be broken off.
            HeldBackError: Requests are written and not sent.
        """
        request = _shaped(request)
        hold_back(lambda: written(request))
        here = answered_here(lambda: written(request))
        if here is not None:
            kind = {"content-type": "application/json"}
            return httpx2.Response(here[0], content=here[1], headers=kind, request=request)
        response = self._sent(request, **how)
        if not how.get("stream"):
            overhear(lambda: response.text)
        return response

    def _sent(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        sending = _current.get()
        if sending.aborted_at:
            _break_off(request, sending, self.timeout.connect or 10.0)
            raise httpx2.ReadError(f"broken off: {sending.aborted_at}", request=request)
        if sending.after:
            time.sleep(sending.after)
        if not sending.connection:
            return super().send(request, **how)
        return self._one(sending.connection).send(request, **how)

    def close(self) -> None:
        """Close all connections."""
        super().close()
        with self._making:
            for each in self._kept.values():
                each.close()
            self._kept.clear()

    def _one(self, name: str) -> httpx2.Client:
        """The client with the one connection of that name."""
        with self._making:
            if name not in self._kept:
                limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
                self._kept[name] = httpx2.Client(**{**self._settings, "limits": limits})
            return self._kept[name]


def _shaped(request: httpx2.Request) -> httpx2.Request:
    """Return a request with what is to be sent of its body, and headers that say so."""
    shape = _current.get().body
    whole = request.read() if shape else b""
    if not whole:
        return request
    framing = (b"content-length", b"transfer-encoding")
    return httpx2.Request(
        request.method,
        request.url,
        headers=[each for each in request.headers.raw if each[0].lower() not in framing],
        content=b"" if shape == "empty" else whole[: len(whole) // 2],
        extensions=request.extensions,
    )


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The authorities that are trusted; to load them takes longer than a call."""
    return httpx2.create_ssl_context()


def _break_off(request: httpx2.Request, sending: Sending, timeout: float) -> None:
    """Send as much of a request as is to be sent, and go away without reading the answer."""
    body = request.read()
    target = request.url.raw_path.decode("ascii")
    lines = [f"{request.method} {target} HTTP/1.1".encode("ascii")]
    lines += [name + b": " + value for name, value in request.headers.raw]
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    sent = {"head": head, "body": head + body[: len(body) // 2]}.get(
        sending.aborted_at, head + body
    )
    secure = request.url.scheme == "https"
    address = (request.url.host, request.url.port or (443 if secure else 80))
    # Refused or cut from the other side: gone either way.
    with suppress(OSError), ExitStack() as held:
        for _ in range(sending.copies):
            connection = held.enter_context(_connected(address, secure, timeout))
            connection.sendall(sent)
            if sending.aborted_at == "answer":
                connection.recv(_READ_BYTES)
        time.sleep(sending.after)


def _connected(address: tuple[str, int], secure: bool, timeout: float) -> socket.socket:
    plain = socket.create_connection(address, timeout)
    if not secure:
        return plain
    try:
        return _trusted().wrap_socket(plain, server_hostname=address[0])
    except OSError:
        plain.close()
        raise
