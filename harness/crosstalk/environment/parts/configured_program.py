"""A program with a configuration file of its own: PgBouncer, HAProxy. Its folder ends with it."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from crosstalk.environment.runtime.accounts import hand_over, scratch_folder
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.process import ServiceProcess


class ConfiguredProgram(ABC):
    """A configured program of one environment.

    Args:
        name: Its name in logs and messages.
        log: File for its output.
        port: Port that it listens on.
        probe: Returns whether it is ready.
        account: Unprivileged account to run as, where the harness runs as root.
    """

    def __init__(
        self,
        name: str,
        log: Path,
        port: int,
        probe: Callable[[], bool],
        account: str | None = None,
    ) -> None:
        self._home: Path | None = None
        self.service = ServiceProcess(
            name=name,
            command=[],
            environment={"PATH": os.defpath, "LANG": "C.UTF-8"},
            log=log,
            port=port,
            probe=probe,
            account=account,
        )

    @abstractmethod
    def _configured(self, home: Path) -> list[str]:
        """Write its configuration into a folder, and return the command that starts it."""

    def start(self, guard: Guard) -> None:
        """Write its configuration and start it.

        Raises:
            EnvironmentFailed: It does not start.
        """
        self._home = home = scratch_folder(self.service.account)
        guard.sweep(home)
        self.service.command = self._configured(home)
        hand_over(home, self.service.account)
        self.service.start(guard)
        self.service.wait_until_ready()

    def stop(self, guard: Guard) -> None:
        """End it and delete its folder. May be repeated."""
        self.service.stop(guard)
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None
