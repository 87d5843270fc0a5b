"""A lock in a file: held by one process, and not waited for without end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.parts.postgres_programs import find_programs
from crosstalk.environment.parts.postgres_template import Template
from crosstalk.environment.runtime import file_lock as room
from crosstalk.environment.runtime.accounts import scratch_folder
from crosstalk.environment.runtime.file_lock import file_lock
from crosstalk.environment.runtime.guard import Guard
from tests.repository import ROOT

_HOLDER = """
import sys, time
from pathlib import Path
from crosstalk.environment.runtime.file_lock import file_lock

with file_lock(Path(sys.argv[1]), "it", seconds=5.0, instead="wait"):
    print("held", flush=True)
    time.sleep(600)
"""


class Holder:
    """A process that holds a lock."""

    def __init__(self, lock: Path) -> None:
        command = [sys.executable, "-c", _HOLDER, str(lock)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT / "harness")}
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"held\n"

    def end(self) -> None:
        """Kill it, which works for a stopped process, too."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """The file of a lock."""
    return tmp_path / "a.lock"


@pytest.fixture
def holder(lock: Path) -> Iterator[Holder]:
    """A process that holds it."""
    holder = Holder(lock)
    yield holder
    holder.end()


def take(lock: Path, seconds: float) -> None:
    """Take the lock and give it back."""
    with file_lock(lock, "the template", seconds=seconds, instead="use another"):
        pass


def test_lock_that_another_process_keeps_is_given_up_with_a_remedy(
    lock: Path, holder: Holder
) -> None:
    with pytest.raises(EnvironmentFailed) as refused:
        take(lock, 0.2)
    process = holder.process.pid
    assert str(refused.value).startswith(f"the template is in use: process {process} has held")
    assert str(refused.value).endswith(f"end it (kill -KILL {process}), or use another")


def test_lock_of_a_stopped_process_is_not_waited_for(
    lock: Path, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_STOPPED_SECONDS", 0.1)
    holder.process.send_signal(signal.SIGSTOP)
    with pytest.raises(EnvironmentFailed, match=r"is stopped and has held .*kill -CONT"):
        take(lock, 600.0)


def test_lock_is_free_when_its_process_was_killed(lock: Path, holder: Holder) -> None:
    holder.end()
    take(lock, 5.0)


def test_lock_is_free_again_after_a_failure_inside(lock: Path) -> None:
    def fail() -> None:
        with file_lock(lock, "it", seconds=1.0, instead="wait"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    take(lock, 1.0)


def test_start_of_postgresql_does_not_wait_for_a_stopped_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs, guard = find_programs(), Guard()
    template = Template(programs, tmp_path / "log", tmp_path / "cache")
    scratch = scratch_folder(programs.account)
    guard.sweep(scratch)
    try:
        template.copy_to(scratch / "first", guard)
        (lock,) = (tmp_path / "cache").glob("*.lock")
        stopped = Holder(lock)
        stopped.process.send_signal(signal.SIGSTOP)
        monkeypatch.setattr(room, "_STOPPED_SECONDS", 0.1)
        try:
            with pytest.raises(EnvironmentFailed, match=r"PostgreSQL.* set XDG_CACHE_HOME to"):
                template.copy_to(scratch / "second", guard)
        finally:
            stopped.end()
    finally:
        guard.close()
