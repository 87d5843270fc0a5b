"""A part of a running system, as a process or a container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from crosstalk.environment.runtime.guard import Guard


class Service(Protocol):
    """A part that can be stopped and started again.

    Attributes:
        name: Its name in logs and messages.
        command: Program and arguments.
        environment: Its environment variables; a change takes effect at its next start.
        log: File that receives its output.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path

    @property
    def port(self) -> int:
        """Loopback port at which it is reached, 0 for none."""

    @property
    def pid(self) -> int:
        """Process id of what runs, as this machine sees it.

        Raises:
            EnvironmentFailed: It is not running.
        """

    def alive(self) -> bool:
        """Return whether it runs."""

    def start(self, guard: Guard) -> None:
        """Start it, watched by the guard.

        Raises:
            EnvironmentFailed: It runs already, or cannot be started.
        """

    def wait_until_ready(self) -> None:
        """Wait until it is ready.

        Raises:
            EnvironmentFailed: It ended, or was not ready in time; the message has its last words.
        """

    def stop(self, guard: Guard) -> None:
        """End it and wait until it is gone. May be repeated."""

    def last_words(self) -> str:
        """Return the telling line at the end of its log since its start, and the log's path."""
