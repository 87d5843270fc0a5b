"""A server of the corpus in a process of its own, with the leaks that it is to have.

One on standard streams is started by whoever calls it, a process for each user; `surroundings` has
its leaks switched.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.proving_ground.manifest import Entry
from benchmarks.proving_ground.packages import (
    MissingProgramError,
    node_modules,
    require_distributions,
)

_START_SECONDS = 40.0
_LAST_CHARACTERS = 400


class ServerError(Exception):
    """A server did not start; the message has its last words."""


@contextmanager
def running(entry: Entry, leaks: str, scratch: Path) -> Iterator[int]:
    """Run a server with `LEAKS=leaks` on a free port, and give the port; 0 on standard streams.

    Args:
        entry: The server.
        leaks: `all`, nothing, or ids of planted leaks with commas between.
        scratch: An empty folder for what it stores and writes.

    Raises:
        MissingProgramError: A package that it needs is not installed.
        ServerError: It ended, or accepted no connection.
    """
    require_distributions(entry.manifest.requires)
    if entry.manifest.stdio:
        yield 0
        return
    environment = surroundings(entry, leaks, scratch)
    port = _free_port()
    command = [
        word.replace("{port}", str(port)).replace("{scratch}", str(scratch))
        for word in entry.manifest.start
    ]
    log = scratch / "server.log"
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=entry.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise MissingProgramError(f"not installed: {command[0]}") from error
        try:
            _await_port(process, port, log)
            yield port
        finally:
            _end(process)


def surroundings(entry: Entry, leaks: str, scratch: Path) -> dict[str, str]:
    """Return the environment of a server's process.

    Args:
        entry: The server.
        leaks: `all`, nothing, or ids of planted leaks with commas between.
        scratch: Where it stores.

    Raises:
        MissingProgramError: A package that it needs is not installed.
    """
    programs = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "LEAKS": leaks,
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(scratch),
    }
    # A server is no part of the project and must not import from it.
    environment.pop("PYTHONPATH", None)
    if entry.manifest.requires_npm:
        environment["NODE_PATH"] = str(node_modules(entry.manifest.requires_npm))
    return environment


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            try:
                os.killpg(process.pid, sign)
            except ProcessLookupError:
                return
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                continue
