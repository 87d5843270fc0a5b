"""A small server in a process of its own, on a port of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_START_SECONDS = 40.0
_LAST_CHARACTERS = 400


class ServerError(Exception):
    """A server did not start; the message has its last words."""


@contextmanager
def serving(
    command: Sequence[str], port: int, *, folder: Path, environment: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Run a server while the block runs, from the moment that its port accepts connections.

    Args:
        command: The program and its arguments.
        port: Where it listens.
        folder: Its working folder.
        environment: All of its environment variables.
        log: A file for what it prints.

    Raises:
        ServerError: It could not be started, ended, or accepted no connection.
    """
    with log.open("wb") as output:
        try:
            process = start_group(command, folder, environment, output)
        except OSError as error:
            raise ServerError(f"{command[0]}: {error}") from error
        try:
            _await_port(process, port, log)
            yield
        finally:
            end_group(process)


def start_group(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], output: BinaryIO
) -> subprocess.Popen[bytes]:
    """Start a process that leads a group of its own.

    Args:
        command: The program and its arguments.
        folder: Its working folder.
        environment: All of its environment variables.
        output: A file for what it prints.

    Raises:
        OSError: There is no such program.
    """
    return subprocess.Popen(
        list(command),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end_group(process: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    """End a process that leads a group, and the group with it.

    Args:
        process: One that `start_group` started.
        patience: Seconds that each of SIGTERM and SIGKILL may take.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            try:
                os.killpg(process.pid, sign)
            except ProcessLookupError:
                return
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"ended with {process.returncode}: {_last_words(log)}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerError(f"no connection within {_START_SECONDS:.0f} s: {_last_words(log)}")


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()[-_LAST_CHARACTERS:]
