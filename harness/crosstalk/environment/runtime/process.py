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

from crosstalk.environment.runtime.accounts import identity
from crosstalk.environment.runtime.errors import EnvironmentFailed, storage_failure
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.probes import listens, require_alive, wait_for

START_SECONDS = 60.0
STOP_SECONDS = 12.0
_TAIL_BYTES = 16_384
_TELLING = re.compile(r"\b(?:FATAL|PANIC)\b")
# The program starts only after the guard knows its process group, should the harness die at this
# very moment.
_GATE = 'read -r go && exec "$@" </dev/null'
# One that waits a second time, loaded, for the same word.
_GATE_OF_SUCCESSOR = 'read -r go && exec "$@"'
_LOADED_AHEAD = str(Path(__file__).parent / "programs" / "loaded_ahead.py")
_MODULE = ("-P", "-m")


@dataclass(frozen=True, slots=True)
class _Successor:
    """A process that has loaded what it will run, and waits for a word.

    Attributes:
        process: The process.
        environment: It was begun with.
    """

    process: subprocess.Popen[bytes]
    environment: Mapping[str, str]


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
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    port: int = 0
    probe: Callable[[], bool] = field(default=lambda: True, repr=False)
    account: str | None = None
    stop_signal: int = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _successor: _Successor | None = field(default=None, repr=False)
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
        if self._begin_successor(guard):
            return
        gated = ["/bin/sh", "-c", _GATE, self.name, *self.command]
        process = self._process = self._begun(gated, self.environment)
        guard.watch(process.pid, self.stop_signal)
        _say_go(process, last=True)

    def prepare(self, guard: Guard, environment: Mapping[str, str]) -> None:
        """Load its next start beside what runs.

        Only a Python module can be loaded ahead; anything else is started as ever.

        Args:
            guard: Watches what is loaded.
            environment: That it will have then; with another one it is started as ever.

        Raises:
            EnvironmentFailed: The program cannot be run, or there is no log.
        """
        self.discard_prepared(guard)
        if tuple(self.command[1:3]) != _MODULE:
            return
        command = [self.command[0], "-P", _LOADED_AHEAD, *self.command[3:]]
        gated = ["/bin/sh", "-c", _GATE_OF_SUCCESSOR, self.name, *command]
        process = self._begun(gated, environment)
        self._successor = _Successor(process, dict(environment))
        guard.watch(process.pid, self.stop_signal)
        _say_go(process)

    def discard_prepared(self, guard: Guard) -> None:
        """End what was prepared and not started. May be repeated."""
        successor, self._successor = self._successor, None
        if successor is not None:
            _kill_group(successor.process, guard)
            if successor.process.stdin is not None:
                with contextlib.suppress(OSError):
                    successor.process.stdin.close()

    def _begin_successor(self, guard: Guard) -> bool:
        """Have what was prepared begin; return whether it does."""
        successor = self._successor
        if successor is None:
            return False
        if successor.process.poll() is not None or successor.environment != self.environment:
            self.discard_prepared(guard)
            return False
        self._process, self._successor = successor.process, None
        with contextlib.suppress(OSError):
            self._log_start = self.log.stat().st_size
        _say_go(successor.process, last=True)
        return True

    def _begun(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Return a process that waits for a word before it runs the command."""
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
        with log:
            self._log_start = log.tell()
            return self._spawn(command, environment, log.fileno())

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
        self, command: Sequence[str], environment: Mapping[str, str], log: int
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                env=dict(environment),
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


def _say_go(process: subprocess.Popen[bytes], *, last: bool = False) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.write(b"go\n")
            process.stdin.flush()
            if last:
                process.stdin.close()


def _kill_group(process: subprocess.Popen[bytes], guard: Guard) -> None:
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
