"""Workers end with the command that started them, also where it could not say goodbye."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.repository import ROOT

_PATIENCE_SECONDS = 30.0
_COMMAND = """
import multiprocessing, sys, time
from pathlib import Path
from crosstalk.campaign.workers import end_with_parent

def work(place):
    end_with_parent()
    try:
        Path(place, "begun").write_text("")
        time.sleep(60)
    finally:
        Path(place, "unwound").write_text("")

def main():
    multiprocessing.get_context("spawn").Process(target=unwinding, args=(sys.argv[1],)).start()
    time.sleep(60)

def unwinding(place):
    from crosstalk.environment.runtime.signals import Unwinding
    Unwinding().install()
    work(place)

if __name__ == "__main__":
    main()
"""


def appears(path: Path) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return path.exists()


def kill_once_there(text: str, folder: Path, sign: str) -> None:
    """Start a command, and kill it when its worker has written the file of that name."""
    program = folder / "command.py"
    program.write_text(text)
    command = subprocess.Popen(
        [sys.executable, str(program), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "harness")},
        stderr=subprocess.DEVNULL,
    )
    try:
        assert appears(folder / sign)
    finally:
        command.send_signal(signal.SIGKILL)
        command.wait()


def test_a_worker_unwinds_when_its_command_is_killed(tmp_path: Path) -> None:
    kill_once_there(_COMMAND, tmp_path, "begun")
    assert appears(tmp_path / "unwound")


_POOL = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from crosstalk.campaign import workers
from crosstalk.environment.runtime.signals import Unwinding

def begin():
    workers._GRACE_SECONDS = 1.0
    Unwinding().install()
    workers.end_with_parent()

def work(place, name):
    Path(place, name).write_text(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=begin) as pool:
        for name in ("first", "second"):
            pool.submit(work, sys.argv[1], name)
"""


def test_a_pools_worker_does_not_go_on_with_what_is_queued(tmp_path: Path) -> None:
    kill_once_there(_POOL, tmp_path, "first")
    time.sleep(0.1)
    worker = int((tmp_path / "first").read_text())
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while psutil.pid_exists(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(worker) or psutil.Process(worker).status() == "zombie"
