"""The load generator against a small server that misbehaves on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crosstalk.core.errors import HarnessError
from loadtests.report.counts import MarkedSubject
from loadtests.scenarios.load_process import LoadProcess
from loadtests.users.accounts import Account

ACCOUNTS = [Account(each, each.user) for each in (MarkedSubject.create() for _ in range(3))]
MARKERS = {each.subject.user: each.subject.marker for each in ACCOUNTS}


class Server(ThreadingHTTPServer):
    """Answers with the caller's marker, or the first user's to all, or not at all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        user = self.headers["Authorization"].removeprefix("Bearer ")
        if self.path == "/never":
            self.server.let_go.wait(30)
        whose = ACCOUNTS[0].subject.user if self.path == "/mixed-up" else user
        body = json.dumps({"tasks": MARKERS[whose]}).encode()
        self.send_response(503 if self.path == "/refused" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The server."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.let_go.set()
        running.shutdown()


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadProcess]:
    """A load process for all tests."""
    with LoadProcess(tmp_path_factory.mktemp("load") / "load.log") as process:
        yield process


def run(load: LoadProcess, server: Server, path: str) -> dict[str, Any]:
    return load.run(
        {
            "kind": "rounds",
            "host": server.url,
            "path": path,
            "body": {},
            "users": 3,
            "rounds": 2,
            "seconds": 60.0,
            "patience": 1.0,
            "accounts": [each.to_dict() for each in ACCOUNTS],
            "observers": {},
        }
    )


def test_simultaneous_chats_count_users_own_markers(load: LoadProcess, server: Server) -> None:
    figures = run(load, server, "/own")
    assert (figures["requests"], figures["completed"], figures["unfinished"]) == (6, 6, 0)
    assert (figures["own"], figures["foreign"], figures["stalls"]) == (6, 0, 0)
    assert figures["snapshot"] is None


def test_simultaneous_chats_count_foreign_markers(load: LoadProcess, server: Server) -> None:
    figures = run(load, server, "/mixed-up")
    assert (figures["own"], figures["foreign"]) == (2, 4)


def test_refusals_are_errors_and_not_a_stall(load: LoadProcess, server: Server) -> None:
    figures = run(load, server, "/refused")
    assert (figures["errors"], figures["stalls"]) == (6, 0)


def test_missing_answers_are_a_stall_and_end_the_phase(load: LoadProcess, server: Server) -> None:
    figures = run(load, server, "/never")
    assert (figures["stalls"], figures["unfinished"]) == (1, 3)
    assert figures["snapshot"] == {}


def test_load_process_that_ends_by_itself_is_an_error(tmp_path: Path) -> None:
    with LoadProcess(tmp_path / "load.log") as process, pytest.raises(HarnessError, match="load"):
        process.run({"kind": "no such kind", "patience": 1.0})
