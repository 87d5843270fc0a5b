"""Planted leaks in processes of their own, which end with the command that started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.repository import ROOT

_PATIENCE_SECONDS = 240.0
_ONLY = ("list-without-filter", "argument-over-token")


def running_system(folder: Path) -> Path:
    """Wait until the system of a mutant runs; its description."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = list(folder.glob(".crosstalk/runs/mutants/latest/*/environment.json"))
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("no system was started")


@pytest.mark.long
def test_terminated_mutants_end_their_workers_and_systems(tmp_path: Path) -> None:
    only = [word for name in _ONLY for word in ("--only", name)]
    budget = ("--jobs", "1", "--calls", "100000", "--seconds", "600")
    command = subprocess.Popen(
        [sys.executable, "-m", "crosstalk", "mutants", *only, *budget],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'harness'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        running_system(tmp_path)
        started = psutil.Process(command.pid).children(recursive=True)
        command.terminate()
        output, _ = command.communicate(timeout=_PATIENCE_SECONDS)
    finally:
        command.kill()
    assert command.returncode == 130, output
    assert "Traceback" not in output
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []
    # The second was not begun.
    assert len(list(tmp_path.glob(".crosstalk/runs/mutants/latest/*/environment.json"))) == 1
