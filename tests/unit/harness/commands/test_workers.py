"""Workers end with the command that started them, also where it could not say goodbye."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE_SECONDS = 30.0
_COMMAND = """
import multiprocessing, sys, time
from pathlib import Path
from harness.commands.workers import end_with_parent

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
    from harness.environment.interrupts import Unwinding
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


def test_a_worker_unwinds_when_its_command_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "command.py"
    program.write_text(_COMMAND)
    command = subprocess.Popen(
        [sys.executable, str(program), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stderr=subprocess.DEVNULL,
    )
    try:
        assert appears(tmp_path / "begun")
    finally:
        command.send_signal(signal.SIGKILL)
        command.wait()
    assert appears(tmp_path / "unwound")
