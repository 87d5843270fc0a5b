"""Everything ends with the run, however and whenever the run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from crosstalk.environment.parts.sources import package_root
from tests.unit.crosstalk.environment.stand_in import write_stand_in

_SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from crosstalk.environment import ProcessEnvironment, ProcessOptions

signal.signal(signal.SIGINT, signal.default_int_handler)
# Whoever runs the tests may ignore it, as nohup does.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
folder, ending = Path(sys.argv[1]), sys.argv[2]
slow = {"mcp": {"SLOW_END": "1.5"}} if ending == "twice" else {}
root = None if ending == "real" else folder / "root"
options = ProcessOptions(run_folder=folder, system_root=root, extra_env=slow)
with ProcessEnvironment(options) as running:
    if ending == "fork" and os.fork() == 0:
        time.sleep(600)
    (folder / "started").touch()
    if ending == "raise":
        time.sleep(0.5)
        raise RuntimeError("as a crash would")
    if ending != "leave":
        time.sleep(600)
    time.sleep(0.5)
"""

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the script above with a way to end."""
    begun: list[subprocess.Popen[bytes]] = []

    def run(ending: str, **replaced: str) -> subprocess.Popen[bytes]:
        write_stand_in(tmp_path / "root", **replaced)
        process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(tmp_path), ending],
            env={**os.environ, "PYTHONPATH": str(package_root("crosstalk"))},
            stderr=(tmp_path / "stderr").open("wb"),
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield run
    for process in begun:
        process.kill()
        process.wait()


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the script has made the file."""
    while not path.exists():
        assert process.poll() is None, (path.parent / "stderr").read_text()
        time.sleep(0.05)


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """All processes that it has started, theirs too."""
    return list(psutil.Process(process.pid).children(recursive=True))


def assert_gone(started: list[psutil.Process]) -> None:
    """None of them runs any more."""
    deadline = time.monotonic() + 60
    while left := [each for each in started if runs(each)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def runs(process: psutil.Process) -> bool:
    """Whether it is there, and not merely waiting to be reaped."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def data_folder(started: list[psutil.Process]) -> Path:
    """Where the run's PostgreSQL keeps its data."""
    for process in started:
        command = process.cmdline()
        if "-D" in command:
            return Path(command[command.index("-D") + 1])
    raise AssertionError(started)


@pytest.mark.parametrize(
    "ending", ["leave", "raise", "SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "fork"]
)
def test_environment_leaves_no_process_and_no_data(
    tmp_path: Path, start: Start, ending: str
) -> None:
    process = start(ending)
    wait_for(tmp_path / "started", process)
    started = descendants(process)
    if ending == "fork":
        # It dies alone: its fork still holds the pipe that the guard listens to.
        forked = {each.pid for each in started if each.cmdline()[1:2] == ["-c"]}
        assert len(forked) == 1
        started = [each for each in started if each.pid not in forked]
        process.kill()
    elif ending.startswith("SIG"):
        process.send_signal(signal.Signals[ending])
    data = data_folder(started) if ending not in ("leave", "raise") else None
    # Issuer, model, MCP server, backend, PostgreSQL with its own, and the guard.
    assert len(started) > 6
    assert process.wait(60) != 0 or ending == "leave"
    assert_gone(started)
    assert data is None or not data.parent.exists()
    if ending == "fork":
        psutil.Process(forked.pop()).kill()


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_environment_leaves_nothing_when_it_ends_while_starting(
    tmp_path: Path, start: Start, ending: str
) -> None:
    marker = tmp_path / "migrating"
    code = f"import pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(600)"
    process = start("never", store=code)
    wait_for(marker, process)
    started = descendants(process)
    assert len(started) > 6
    process.send_signal(signal.Signals[ending])
    assert process.wait(60) != 0
    assert_gone(started)


@pytest.mark.long
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_environment_of_the_real_system_leaves_nothing(
    tmp_path: Path, start: Start, ending: signal.Signals
) -> None:
    process = start("real")
    wait_for(tmp_path / "started", process)
    started = descendants(process)
    process.send_signal(ending)
    assert process.wait(60) != 0
    assert_gone(started)


def test_second_signal_does_not_interrupt_cleaning_up(tmp_path: Path, start: Start) -> None:
    process = start("twice")
    wait_for(tmp_path / "started", process)
    started = descendants(process)
    (backend,) = [each for each in started if "system.backend" in each.cmdline()]
    process.send_signal(signal.SIGINT)
    assert_gone([backend])
    # The MCP server takes its time now.
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) != 0
    assert_gone(started)
