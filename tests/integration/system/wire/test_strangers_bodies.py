"""Bodies of strangers: who has no valid token is answered before anything of a body is read."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx2
import pytest

from crosstalk.environment import RunningSystem


def answer_to_an_unfinished_body(url: str, path: str, method: str = "POST") -> bytes:
    """The first line of the answer to a request of whose 1 MiB body one byte is sent."""
    place = urlsplit(url)
    assert place.hostname
    assert place.port
    head = f"{method} {path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 1048576\r\n\r\n["
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(head.encode())
        return connection.recv(4_096).split(b"\r\n")[0]


def test_request_without_a_token_is_refused_before_its_body_is_read(running: RunningSystem) -> None:
    for url, paths in (
        (running.backend_url, ("/api/chat", "/chatkit", "/api/alice/tasks", "/health", "/nothing")),
        (running.mcp_url, (urlsplit(running.mcp_url).path, "/health", "/nothing")),
    ):
        for path in paths:
            # The longest that a body may take is 15 seconds; the socket's time-out is 10.
            assert answer_to_an_unfinished_body(url, path).split()[1] == b"401", path


@pytest.mark.parametrize(
    "body", [b'{"title": "x", ' + b",".join(b'"f%d": 1' % i for i in range(1_500)) + b"}"]
)
def test_thousands_of_faults_are_answered_with_a_few(
    running: RunningSystem, alice: str, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {running.mint(alice)}", "Content-Type": "application/json"}
    answer = httpx2.post(f"{running.backend_url}/api/{alice}/tasks", content=body, headers=headers)
    assert answer.status_code == 422
    assert len(answer.json()["details"]) == 20
