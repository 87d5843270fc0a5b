"""Faults of processes: killed, paused, restarted. Signals go by id, to this run's own alone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from crosstalk.environment import EnvironmentFailed, RunningSystem
from crosstalk.faults.kinds.base import Fault, FaultySystem

_PROC = Path("/proc")
# A killed PostgreSQL starts again only when the last of its processes is gone.
_STARTS = 20
_START_PAUSE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Kill(Fault):
    """SIGKILL to a service and its children; it is started again after a while."""

    kind: ClassVar[str] = "kill -9"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Kill it, wait, and start it again."""
        send(signal.SIGKILL, processes_of(system.running, self.target))
        system.running.stop(self.target)
        time.sleep(seconds)
        start_again(system.running, self.target)


@dataclass(frozen=True, slots=True)
class Pause(Fault):
    """SIGSTOP to a service and its children, and SIGCONT after a while: it is silent meanwhile."""

    kind: ClassVar[str] = "pause"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Stop it, wait, and let it go on."""
        paused = processes_of(system.running, self.target)
        try:
            send(signal.SIGSTOP, paused)
            time.sleep(seconds)
        finally:
            send(signal.SIGCONT, paused)


@dataclass(frozen=True, slots=True)
class Restart(Fault):
    """An orderly end by the service's own signal, and a start after a while."""

    kind: ClassVar[str] = "restart"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """End it, wait, and start it again."""
        system.running.stop(self.target)
        time.sleep(seconds)
        start_again(system.running, self.target)


def processes_of(running: RunningSystem, service: str) -> list[int]:
    """List the ids of a service's process and of all below it, that process first."""
    found = [running.services[service].pid]
    for process in found:
        found += children_of(process)
    return found


def children_of(process: int) -> list[int]:
    """List the ids of a process's children."""
    return [child for child, parent in _parents().items() if parent == process]


def send(number: signal.Signals, processes: Iterable[int]) -> None:
    """Send a signal to each process that still exists."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def start_again(running: RunningSystem, service: str) -> None:
    """Start a service that has ended, as often as it takes its last process to be gone.

    Raises:
        EnvironmentFailed: It does not start.
    """
    for left in reversed(range(_STARTS)):
        try:
            running.start(service)
            return
        except EnvironmentFailed:
            running.stop(service)
            if not left:
                raise
            time.sleep(_START_PAUSE_SECONDS)


def _parents() -> dict[int, int]:
    """Map each process of the machine to its parent."""
    if not _PROC.joinpath("self", "stat").exists():
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False
        ).stdout
        return {int(pid): int(parent) for pid, parent in map(str.split, listed.splitlines())}
    found = {}
    for path in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The second field is a name in parentheses, which may contain anything.
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found
