"""One service as a real process: started, awaited, logged, ended."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.environment.errors import EnvironmentFailed
from harness.environment.guard import Guard, end_groups

START_SECONDS = 30.0
STOP_SECONDS = 8.0


# Below where systems take the ports of outgoing connections (32768 on Linux, 49152 elsewhere): one
# from there can be gone between choosing it and listening on it when much is connecting.
_PORTS = range(20_000, 32_000)
_handed_out: set[int] = set()


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now, a different one at each call.

    Raises:
        EnvironmentFailed: None was free.
    """
    for port in random.SystemRandom().sample(_PORTS, 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            if port not in _handed_out:
                _handed_out.add(port)
                return port
    raise EnvironmentFailed("no free TCP port was found between 20000 and 32000")


def require_free(port: int, setting: str) -> None:
    """Refuse a fixed port that somebody else has.

    Raises:
        EnvironmentFailed: It is in use.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise EnvironmentFailed(
                f"port {port} is in use: choose another with {setting} (0 takes a free one)"
            ) from None


@dataclass(slots=True)
class ServiceProcess:
    """A process in a session of its own, so that a Ctrl-C in the terminal does not reach it.

    Attributes:
        name: How logs and messages call it.
        command: Program and arguments.
        environment: All of its environment variables; nothing is inherited.
        log: File that receives its output.
        port: Where it listens.
        user: Unprivileged account to run as, where the harness runs as root.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    port: int
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """Process id, which is also its group's."""
        if self._process is None:
            raise EnvironmentFailed(f"{self.name} is not running")
        return self._process.pid

    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def start(self, guard: Guard) -> None:
        """Start it and let the guard know.

        Raises:
            EnvironmentFailed: The program cannot be run.
        """
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self.command,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=self.user,
                    cwd="/" if self.user else None,
                )
        except OSError as error:
            raise EnvironmentFailed(
                f"{self.name} cannot be started: {error.strerror or error}"
            ) from error
        guard.watch(self._process.pid)

    def wait_until(self, ready: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Wait until `ready()` holds.

        Raises:
            EnvironmentFailed: It ended, or was not ready in time; the message has its last words.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process is None or self._process.poll() is not None:
                raise EnvironmentFailed(f"{self.name} did not start: {self.last_words()}")
            if time.monotonic() > deadline:
                raise EnvironmentFailed(
                    f"{self.name} was not ready in {seconds:.0f} s: {self.last_words()}"
                )
            time.sleep(0.03)

    def stop(self, guard: Guard) -> None:
        """End it and wait until it is gone; killed when it takes too long."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, self.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            end_groups([process.pid], 1.0)
            process.wait(STOP_SECONDS)
        end_groups([process.pid], 0.0)
        guard.forget(process.pid)
        self._process = None

    def last_words(self) -> str:
        """The last line of its log that says something, and where the log is."""
        return last_words(self.log)


def last_words(log: Path) -> str:
    """The last line of a log that says something, and where the log is."""
    with contextlib.suppress(OSError):
        lines = log.read_text("utf-8", "replace").splitlines()
        telling = [line.strip() for line in lines if line.strip()]
        if telling:
            return f"{telling[-1][:300]} (log: {log})"
    return f"no output (log: {log})"
