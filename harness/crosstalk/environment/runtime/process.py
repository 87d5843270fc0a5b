"""A service as a real process: started, awaited, logged, ended."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from crosstalk.environment.runtime.accounts import identity
from crosstalk.environment.runtime.errors import EnvironmentFailed, storage_failure
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.kept_loaded import ForkedProcess, KeptLoaded
from crosstalk.environment.runtime.probes import listens, require_alive, wait_for

START_SECONDS = 60.0
STOP_SECONDS = 12.0
_TAIL_BYTES = 16_384
_TELLING = re.compile(r"\b(?:FATAL|PANIC)\b")
# The program starts only after the guard knows its process group, should the harness die at this
# very moment.
_GATE = 'read -r go && exec "$@" </dev/null'
_KEPT_LOADED = str(Path(__file__).parent / "programs" / "kept_loaded.py")
_MODULE = ("-P", "-m")
_Process: TypeAlias = "subprocess.Popen[bytes] | ForkedProcess"


@dataclass(slots=True)
class ServiceProcess:
    """A process in a session of its own, so that a Ctrl-C in the terminal does not reach it.

    Attributes:
        name: Its name in logs and messages.
        command: Program (with its folder) and arguments.
        environment: All of its environment variables; nothing is inherited.
        log: File that receives its output.
        port: Loopback port that it listens on, 0 for none.
        probe: Returns whether it is ready; awaited after a start.
        account: Unprivileged account to run as, where the harness runs as root.
        stop_signal: Signal that asks it to end.
        keeps_loaded: Keep what its first start loaded, where it is a Python module, for later ones
            to be forked from. They have the environment of the first, or one of `prepare`.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    port: int = 0
    probe: Callable[[], bool] = field(default=lambda: True, repr=False)
    account: str | None = None
    stop_signal: int = signal.SIGTERM
    keeps_loaded: bool = False
    _process: _Process | None = field(default=None, repr=False)
    _kept: KeptLoaded | None = field(default=None, repr=False)
    _kept_for: list[Mapping[str, str]] = field(default_factory=list, repr=False)
    _log_start: int = field(default=0, repr=False)

    @property
    def pid(self) -> int:
        """Process id, which is also its group's.

        Raises:
            EnvironmentFailed: It is not running.
        """
        if self._process is None:
            raise EnvironmentFailed(f"{self.name} is not running")
        return self._process.pid

    def alive(self) -> bool:
        """Return whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, guard: Guard) -> None:
        """Start it, watched by the guard.

        Raises:
            EnvironmentFailed: It runs already, the program cannot be run, or there is no log.
        """
        if self.alive():
            raise EnvironmentFailed(f"{self.name} is running already")
        if not self._begin_fork(guard):
            self._begin(guard)

    def prepare(self, environment: Mapping[str, str]) -> None:
        """Let a later start with this environment be forked from what is loaded, if anything is.

        Args:
            environment: One that differs in nothing that is read while the module is loaded.
        """
        if environment not in self._kept_for:
            self._kept_for.append(dict(environment))

    def forget_loaded(self) -> None:
        """End what holds what was loaded. May be repeated."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _begin_fork(self, guard: Guard) -> bool:
        """Start it from what was loaded; return whether that was possible."""
        if self._kept is None or self.environment not in self._kept_for:
            return False
        with contextlib.suppress(OSError):
            self._log_start = self.log.stat().st_size
        forked = self._kept.fork(self.environment, guard, self.stop_signal)
        if forked is None:
            self.forget_loaded()
            return False
        self._process = forked
        return True

    def _begin(self, guard: Guard) -> None:
        """Start its program, which begins once the guard watches it."""
        if shutil.which(self.command[0], path="") is None:
            raise EnvironmentFailed(
                f"{self.name} cannot be started: {self.command[0]} is not a program; "
                "install the package again"
            )
        try:
            log = self.log.open("ab")
        except OSError as error:
            raise storage_failure(
                f"{self.name}'s log", self.log.parent, error, "choose another run folder"
            ) from error
        command, kept = list(self.command), None
        if self.keeps_loaded and tuple(command[1:3]) == _MODULE:
            self.forget_loaded()
            kept = self._kept = KeptLoaded()
            self._kept_for = [dict(self.environment)]
            command[1:3] = ["-P", _KEPT_LOADED, str(kept.descriptor)]
        with log:
            self._log_start = log.tell()
            process = self._spawn(command, log.fileno(), kept)
        if kept is not None:
            kept.handed_over()
        self._process = process
        guard.watch(process.pid, self.stop_signal)
        _say_go(process)

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until its probe succeeds.

        Raises:
            EnvironmentFailed: It ended, or was not ready in time; the message has its last words.
        """
        wait_for(self, self.probe, seconds)
        # Another program may have answered in its place.
        require_alive(self)

    def wait_until_loaded(self, seconds: float = START_SECONDS) -> None:
        """Wait until it listens, whether or not it is ready.

        Raises:
            EnvironmentFailed: It ended, or did not listen in time; the message has its last words.
        """
        wait_for(self, lambda: listens(self.port), seconds)

    def run(self, guard: Guard, seconds: float) -> None:
        """Run it to its end, for a program that has one.

        Raises:
            EnvironmentFailed: It failed, or did not end in time; the message has its last words.
        """
        self.start(guard)
        try:
            status = self._process.wait(seconds) if self._process is not None else 0
        except subprocess.TimeoutExpired:
            raise EnvironmentFailed(
                f"{self.name} did not end in {seconds:.0f} s: {self.last_words()}"
            ) from None
        finally:
            self.stop(guard)
        if status != 0:
            raise EnvironmentFailed(f"{self.name} failed: {self.last_words()}")

    def ask_to_stop(self) -> None:
        """Ask it to end, and do not wait for it."""
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            self._process.send_signal(signal.SIGCONT)

    def stop(self, guard: Guard) -> None:
        """End it and wait until it is gone; killed when it takes too long. May be repeated."""
        process = self._process
        if process is None:
            return
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        # What is left of it, and what it started.
        _kill_group(process, guard)
        self._process = None

    def last_words(self) -> str:
        """Return the telling line at the end of its log since its start, and the log's path."""
        return last_words(self.log, self._log_start)

    def _spawn(
        self, command: Sequence[str], log: int, kept: KeptLoaded | None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                ["/bin/sh", "-c", _GATE, self.name, *command],
                env=dict(self.environment),
                pass_fds=(kept.descriptor,) if kept is not None else (),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **identity(self.account),
            )
        except OSError as error:
            raise EnvironmentFailed(
                f"{self.name} cannot be started: {error.strerror or error}; "
                "end other programs and try again"
            ) from error


def _say_go(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.write(b"go\n")
            process.stdin.close()


def _kill_group(process: _Process, guard: Guard) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
        guard.forget(process.pid)


def last_words(log: Path, start: int = 0) -> str:
    """Return the most telling line of a log, and the log's path.

    Args:
        log: The file.
        start: Offset to begin at, in bytes.
    """
    with contextlib.suppress(OSError), log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(start, size - _TAIL_BYTES))
        text = file.read(_TAIL_BYTES).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        # PostgreSQL says why first, and then that it is shutting down.
        telling = [line for line in lines if _TELLING.search(line)] or lines
        if telling:
            return f"{telling[-1][:300]} (log: {log})"
    return f"no output (log: {log})"
