"""Resources that a client holds without a credential: memory, processor time, connections.

One header of 64 MB; 3,000 connections with half a head each, at 1,024 descriptors; 300 bodies of
1 MiB that miss their last byte; 2,000 requests whose answers are never read.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import psutil

from benchmarks.hostile.attack import PATIENCE, Attack, spent, victim
from crosstalk.environment import RunningSystem

_HALF_OPEN = 3_000
_DESCRIPTORS = 1_024
_UNFINISHED = 300
_UNREAD = 2_000
# The bounds on time are 10 s for a head; after this nothing should be left.
_AFTER = 20.0


def measure(attack: Attack) -> Mapping[str, float]:
    """Megabytes, processor seconds and connections that a stranger's connections cost."""
    with _few_descriptors(), attack.system() as running:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return {
            **_header(running),
            **_half_open(running),
            **_bodies(running),
            **_pipelined(running),
        }


@contextlib.contextmanager
def _few_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_DESCRIPTORS, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _header(running: RunningSystem) -> Mapping[str, float]:
    place, megabytes = _place(running.backend_url), _megabytes(running, "backend")
    with spent(running, "backend") as processor, contextlib.suppress(OSError):
        connection = socket.create_connection(place, timeout=PATIENCE)
        with connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: ")
            for _ in range(64):
                connection.sendall(b"a" * 1_000_000)
            connection.sendall(b"\r\n\r\n")
            connection.recv(4_096)
    return {
        "one header of 64 MB at the backend, CPU s": processor(),
        "one header of 64 MB at the backend, MB more": _more(running, "backend", megabytes),
    }


def _half_open(running: RunningSystem) -> Mapping[str, float]:
    place, health = _place(running.backend_url), f"{running.backend_url}/health"
    with contextlib.ExitStack() as stack, victim(health, fresh=True) as seen:
        for _ in range(_HALF_OPEN):
            with contextlib.suppress(OSError):
                connection = stack.enter_context(socket.create_connection(place, timeout=1.0))
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-")
        time.sleep(_AFTER)
        left = _connections(running, "backend")
    return {
        f"{_HALF_OPEN} heads that do not end at the backend, connections after 20 s": left,
        f"{_HALF_OPEN} heads that do not end at the backend, others' requests lost": seen.failures,
    }


def _bodies(running: RunningSystem) -> Mapping[str, float]:
    parts = urlsplit(running.mcp_url)
    place, megabytes = _place(running.mcp_url), _megabytes(running, "mcp")
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 1048576\r\n\r\n"

    def send(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(head.encode() + b"a" * 1_048_575)

    with contextlib.ExitStack() as stack:
        senders = []
        for _ in range(_UNFINISHED):
            connection = stack.enter_context(socket.create_connection(place, timeout=5.0))
            senders.append(threading.Thread(target=send, args=(connection,)))
            senders[-1].start()
        for each in senders:
            each.join()
        time.sleep(1.0)
        more = _more(running, "mcp", megabytes)
    return {f"{_UNFINISHED} unfinished bodies of 1 MiB at MCP, MB more": more}


def _pipelined(running: RunningSystem) -> Mapping[str, float]:
    place = _place(running.backend_url)
    request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(socket.create_connection(place, timeout=5.0))
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.send(request * (_UNREAD // 20))
        time.sleep(_AFTER)
        left = _connections(running, "backend")
    return {
        f"{_UNREAD} unread answers at the backend, connections after 20 s": left,
    }


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


def _process(running: RunningSystem, service: str) -> psutil.Process:
    return psutil.Process(running.services[service].pid)


def _megabytes(running: RunningSystem, service: str) -> float:
    return float(_process(running, service).memory_info().rss / 1_000_000)


def _more(running: RunningSystem, service: str, before: float) -> float:
    return round(_megabytes(running, service) - before, 1)


def _connections(running: RunningSystem, service: str) -> int:
    port = running.services[service].port
    found = _process(running, service).net_connections("tcp")
    return sum(1 for each in found if each.laddr.port == port and each.raddr)
