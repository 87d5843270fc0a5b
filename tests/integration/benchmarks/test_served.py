"""A server in a process of its own, and one that does not start."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from benchmarks.served import ServerError, serving
from crosstalk.environment.runtime.ports import free_port


def test_server_answers_while_the_block_runs(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    log = tmp_path / "server.log"
    with serving(command, port, folder=tmp_path, environment=os.environ, log=log):
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_server_that_ends_gives_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such table')"]
    log = tmp_path / "server.log"
    with (
        pytest.raises(ServerError, match="ended with 1: no such table"),
        serving(command, free_port(), folder=tmp_path, environment=os.environ, log=log),
    ):
        pass


def test_server_whose_program_is_missing_is_named(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with (
        pytest.raises(ServerError, match="no-such-program"),
        serving(["no-such-program"], 1, folder=tmp_path, environment={}, log=log),
    ):
        pass
