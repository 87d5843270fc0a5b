"""Trailers of a chunked body as headers: the status of each answer shows whether they count.

A task is posted whose bearer token, or host, is in the trailer alone.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from benchmarks.hostile.attack import PATIENCE, Attack
from crosstalk.environment import RunningSystem

_TASK = b'{"title": "by a trailer"}'


def measure(attack: Attack) -> Mapping[str, float]:
    """The statuses."""
    with attack.system() as running:
        user = f"trailer-{secrets.token_hex(4)}"
        token = f"Authorization: Bearer {running.mint(user)}"
        return {
            "a task with its token in the trailer, status": _post(running, user, [], [token]),
            "a task with a second token in the trailer, status": _post(
                running, user, [token], [f"Authorization: Bearer {running.mint('somebody-else')}"]
            ),
        }


def _post(running: RunningSystem, user: str, headers: list[str], trailers: list[str]) -> int:
    parts = urlsplit(running.backend_url)
    lines = [
        f"POST /api/{user}/tasks HTTP/1.1",
        f"Host: {parts.netloc}",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        *headers,
    ]
    chunk = f"{len(_TASK):x}\r\n".encode() + _TASK + b"\r\n0\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 80), PATIENCE) as sent:
        sent.sendall("\r\n".join([*lines, "", ""]).encode() + chunk)
        sent.sendall("\r\n".join([*trailers, "", ""]).encode())
        return int(sent.recv(4_096).split()[1])
