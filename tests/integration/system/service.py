"""One more process of a service beside the running system, told otherwise than that one."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstalk.environment import RunningSystem

_SECONDS = 60.0


@dataclass(slots=True)
class Service:
    """A service process.

    Attributes:
        process: The process.
        log: What it writes.
    """

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.wait_for(" listening on ").partition(" listening on ")[2]

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        text = self.log.read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def wait_for_message(self, message: str) -> dict[str, Any]:
        """The first line logged with this message."""
        return dict(json.loads(self.wait_for(f'"message": "{message}"')))

    def wait_for(self, text: str) -> str:
        """The first line of the log with this text."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                if text in line:
                    return line
            assert self.process.poll() is None, self.log.read_text()[-2_000:]
            time.sleep(0.02)
        raise AssertionError(f"{text!r} was not logged: {self.log.read_text()[-2_000:]}")


@contextlib.contextmanager
def service(
    running: RunningSystem, name: str, folder: Path, changes: Mapping[str, str]
) -> Iterator[Service]:
    """A `backend` or an `mcp` on a port of its own, like the running one but for `changes`."""
    environment = {
        **running.services[name].environment,
        f"{name.upper()}_PORT": "0",
        "METRICS_PORT": "0",
        **changes,
    }
    with start([f"system.{name}"], environment, folder / f"{name}-again.log") as started:
        assert started.url
        yield started


@contextlib.contextmanager
def start(
    module: list[str], environment: Mapping[str, str], log: Path, *, command: str = "-m"
) -> Iterator[Service]:
    """A Python process with this environment; killed at the end if it is still there."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", command, *module],
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Service(process, log)
    finally:
        process.kill()
        process.wait()
