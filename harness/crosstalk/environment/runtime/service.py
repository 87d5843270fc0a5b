"""One part of a running system, whatever it runs as: a process, or a container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from crosstalk.environment.runtime.guard import Guard


class Service(Protocol):
    """A part that can be ended and started again.

    Attributes:
        name: How logs and messages call it.
        command: What runs.
        environment: What it is told; a change counts from its next start on.
        log: File that receives its output.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path

    @property
    def port(self) -> int:
        """Where on loopback it is reached, 0 for nowhere."""

    @property
    def pid(self) -> int:
        """Process id of what runs, as this machine sees it.

        Raises:
            EnvironmentFailed: It is not running.
        """

    def alive(self) -> bool:
        """Whether it runs now."""

    def start(self, guard: Guard) -> None:
        """Start it under the guard's eyes.

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
        """The telling line at the end of what it logged since its start, and where the log is."""
