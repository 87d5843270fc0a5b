"""A copy of a service that holds what it loaded, and the later starts forked from it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.probes import state_of

_PIECE = 65_536
# A fork of what is loaded takes some 20 ms; on a machine that does much else, a second.
_FORK_SECONDS = 15.0
_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class ForkedProcess:
    """A start of a service that was forked from what an earlier one loaded.

    It is no child of this process: how it ended is told by the copy that forked it.

    Attributes:
        pid: Its process id, which is also its group's.
        held: What it was forked from.
        returncode: Its exit status, negative for a signal; None while it runs.
    """

    pid: int
    held: KeptLoaded = field(repr=False)
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit status, None while it runs."""
        if self.returncode is None:
            self.returncode = self.held.status_of(self.pid, 0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status.

        Args:
            timeout: How long, in seconds; None for as long as it takes.

        Raises:
            subprocess.TimeoutExpired: It runs on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            left = 1.0 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            self.returncode = self.held.status_of(self.pid, min(left, 1.0))
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class KeptLoaded:
    """This side of a copy that holds what a service loaded (`programs.kept_loaded`).

    The copy ends when this is closed, or with this process.
    """

    def __init__(self) -> None:
        self._ours, self._other_end = socket.socketpair()
        self._heard = b""
        self._begun: list[int] = []
        self._statuses: dict[int, int] = {}
        self._gone = False
        self._lock = threading.RLock()

    @property
    def descriptor(self) -> int:
        """The other end of the socket, which the service's first start is given."""
        return self._other_end.fileno()

    def handed_over(self) -> None:
        """Close this process's copy of the other end, once the service has it."""
        self._other_end.close()

    def fork(
        self, environment: Mapping[str, str], guard: Guard, stop_signal: int
    ) -> ForkedProcess | None:
        """Start the service once more from what is loaded; it runs once the guard watches it.

        Args:
            environment: All of its environment variables.
            guard: Watches it.
            stop_signal: Signal that asks it to end.

        Returns:
            What runs, None where the copy is gone or does not answer.
        """
        with self._lock:
            self._say({"environment": dict(environment)})
            deadline = time.monotonic() + _FORK_SECONDS
            while not self._begun and not self._gone and time.monotonic() < deadline:
                self._hear(deadline - time.monotonic())
            if not self._begun:
                self.close()
                return None
            pid = self._begun.pop()
            guard.watch(pid, stop_signal)
            self._say({"go": pid})
            return ForkedProcess(pid, self)

    def status_of(self, pid: int, seconds: float) -> int | None:
        """Return how a fork ended, None while it runs.

        Args:
            pid: Of the fork.
            seconds: How long to wait for its end.
        """
        with self._lock:
            if pid not in self._statuses and not self._gone:
                self._hear(seconds)
            if pid not in self._statuses and self._gone:
                # How it ended was told to nobody but the copy.
                if _runs(pid):
                    time.sleep(min(seconds, _LOOK_SECONDS))
                else:
                    self._statuses[pid] = -signal.SIGKILL
            return self._statuses.get(pid)

    def close(self) -> None:
        """Have the copy end. May be repeated; forks that run go on."""
        with self._lock:
            self._gone = True
            self._ours.close()
            self._other_end.close()

    def _say(self, order: dict[str, object]) -> None:
        if not self._gone:
            try:
                self._ours.sendall(json.dumps(order).encode() + b"\n")
            except OSError:
                self._gone = True

    def _hear(self, seconds: float) -> None:
        """Take in what the copy says within that time."""
        readable, _, _ = select.select([self._ours], [], [], max(0.0, seconds))
        if not readable:
            return
        try:
            piece = self._ours.recv(_PIECE)
        except OSError:
            piece = b""
        self._gone = not piece
        *lines, self._heard = (self._heard + piece).split(b"\n")
        for line in lines:
            fact = json.loads(line)
            if "begun" in fact:
                self._begun.append(fact["begun"])
            else:
                self._statuses[fact["ended"]] = fact["status"]


def _runs(pid: int) -> bool:
    """Return whether there is such a process that has not ended, noted or not."""
    state = state_of(pid)
    if state is not None:
        return state != "Z"
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True
