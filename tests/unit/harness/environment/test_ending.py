"""Everything ends with the run, however the run ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.environment import EnvironmentFailed, ProcessEnvironment, ProcessOptions
from harness.environment.process import free_port

_SCRIPT = """
import json, sys, time
from pathlib import Path
from harness.environment import ProcessEnvironment, ProcessOptions

folder = Path(sys.argv[1])
with ProcessEnvironment(ProcessOptions(run_folder=folder)) as running:
    pids = {name: service.pid for name, service in running.services.items()}
    (folder / "pids.json.new").write_text(json.dumps(pids))
    (folder / "pids.json.new").rename(folder / "pids.json")
    if sys.argv[2] == "raise":
        raise RuntimeError("as a crash would")
    time.sleep(120)
"""


def running_pids(pids: list[int]) -> list[int]:
    """Those of the processes that still run."""
    return [
        pid
        for pid in pids
        if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.parametrize("ending", ["raise", "SIGINT", "SIGTERM", "SIGKILL"])
def test_no_process_outlives_the_run(tmp_path: Path, ending: str) -> None:
    started = tmp_path / "pids.json"
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(tmp_path), ending],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not started.exists():
            assert process.poll() is None, "the run ended before it began"
            time.sleep(0.1)
        pids = list(json.loads(started.read_text()).values())
        assert len(pids) == 5
        if ending != "raise":
            process.send_signal(signal.Signals[ending])
        process.wait(60)
        deadline = time.monotonic() + 60
        while running_pids(pids) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert running_pids(pids) == []
    finally:
        if process.poll() is None:
            process.kill()


def test_a_port_in_use_is_one_line_that_names_the_option(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        options = ProcessOptions(run_folder=tmp_path, ports={"backend": port})
        with (
            pytest.raises(EnvironmentFailed, match="--backend-port") as caught,
            ProcessEnvironment(options),
        ):
            raise AssertionError
    assert "\n" not in str(caught.value)


def test_a_database_that_does_not_start_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.environment.postgres._SETTINGS", {"shared_buffers": "nonsense"})
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    environment = ProcessEnvironment(ProcessOptions(run_folder=tmp_path))
    with pytest.raises(EnvironmentFailed, match="postgresql did not start") as caught, environment:
        raise AssertionError
    assert "\n" not in str(caught.value)
    assert {each.pid for each in psutil.Process().children(recursive=True)} <= before


def test_no_space_for_the_data_is_one_line_that_says_what_to_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.environment.postgres.shutil.copytree", full)
    environment = ProcessEnvironment(ProcessOptions(run_folder=tmp_path))
    with pytest.raises(EnvironmentFailed, match="No space left on device; free some"), environment:
        raise AssertionError


def test_a_service_that_fails_is_named_with_its_last_words(tmp_path: Path) -> None:
    options = ProcessOptions(
        run_folder=tmp_path,
        ports={"mcp": free_port()},
        extra_env={"mcp": {"CURSOR_SECRET": "short"}},
    )
    with (
        pytest.raises(EnvironmentFailed, match=r"mcp did not start: .*CURSOR_SECRET"),
        ProcessEnvironment(options),
    ):
        raise AssertionError
