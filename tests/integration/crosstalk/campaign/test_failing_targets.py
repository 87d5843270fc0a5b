"""A target that dies in mid-run, and a person who has seen enough: codes, and what is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.probes import listens
from tests.integration.crosstalk.pytest_plugin.test_plugin import plugin_options
from tests.integration.crosstalk.targets.described.describing import SERVER
from tests.repository import ROOT

_FILE = """confirmed = true
accepted = ["unauthenticated-identity"]
[mcp]
transport = "json-rpc"
url = "http://127.0.0.1:{port}/mcp"
[identity]
by = ["argument"]
arguments = ["user_id"]
"""


@pytest.fixture(autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Commands do not inherit that Ctrl-C is ignored, as it is under nohup."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def notes(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The notes server as a process of its own, described in the folder."""
    with Ports() as ports:
        port = ports.take()
        command = [sys.executable, str(SERVER), "--transport", "json-rpc"]
        command += ["--identity", "argument", "--port", str(port), *options]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            while not listens(port):
                time.sleep(0.05)
            (folder / "crosstalk.toml").write_text(_FILE.format(port=port))
            try:
                yield server
            finally:
                server.kill()


def begun(folder: Path, *command: str) -> subprocess.Popen[str]:
    """A command in the folder, with enough budget to outlive any server."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'harness'}{os.pathsep}{ROOT}"},
    )


def until(process: subprocess.Popen[str], words: str) -> str:
    """What a command prints up to a line with these words."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            break
    return "".join(lines)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The code of a command, and the rest of what it prints."""
    output, _ = process.communicate(timeout=120)
    assert "Traceback" not in output, output
    return process.returncode, output


def summary(folder: Path, run: str = "isolation-crosstalk") -> dict[str, object]:
    """The figures of the latest run."""
    file = folder / ".crosstalk/runs" / run / "latest/summary.json"
    found: dict[str, object] = json.loads(file.read_text())
    return found


_ISOLATION = ("-m", "crosstalk", "isolation", "--target", "crosstalk.toml", "--seed", "7")
_LONG = ("--calls", "100000", "--seconds", "300")


def test_a_target_that_never_came_up_is_4(tmp_path: Path) -> None:
    with Ports() as ports:
        (tmp_path / "crosstalk.toml").write_text(_FILE.format(port=ports.take()))
    code, output = ended(begun(tmp_path, *_ISOLATION))
    assert code == 4, output
    assert "no MCP server answers" in output


def test_a_target_killed_in_mid_run_is_4_and_the_run_keeps_its_figures(tmp_path: Path) -> None:
    with notes(tmp_path) as server:
        run = begun(tmp_path, *_ISOLATION, *_LONG)
        until(run, "examples")
        server.kill()
        code, output = ended(run)
    assert code == 4, output
    assert "the target has gone away" in output
    kept = summary(tmp_path)
    assert kept["verdict"] == "inconclusive"
    assert kept["controls"]


@pytest.mark.long
def test_a_target_killed_under_many_campaigns_is_4(tmp_path: Path) -> None:
    with notes(tmp_path) as server:
        run = begun(tmp_path, *_ISOLATION, "--seeds", "3", "--calls", "150")
        until(run, "1/3")
        server.kill()
        code, output = ended(run)
    assert code == 4, output


def test_a_target_killed_under_pytest_fails_its_tests(tmp_path: Path) -> None:
    options = (*plugin_options(), "-p", "no:cacheprovider", "-p", "no:asyncio", "-c", os.devnull)
    with notes(tmp_path) as server:
        command = ("-m", "pytest", *options, "--rootdir", str(tmp_path), "-v", "-x")
        run = begun(
            tmp_path,
            *(*command, "--crosstalk-target", "crosstalk.toml"),
            *("--crosstalk-calls", "100000", "--crosstalk-seconds", "200"),
        )
        until(run, "collected")
        time.sleep(3)
        server.kill()
        code, output = ended(run)
    assert code == 1, output
    assert "the target has gone away" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_prints_and_keeps_what_it_found(
    tmp_path: Path, number: signal.Signals
) -> None:
    with notes(tmp_path):
        run = begun(tmp_path, *_ISOLATION, *_LONG)
        until(run, "examples")
        run.send_signal(number)
        code, output = ended(run)
    assert code == 130, output
    assert "interrupted after" in output
    kept = summary(tmp_path)
    (entry,) = [each for each in kept["inconclusive"] if each["kind"] == "interrupted"]  # type: ignore[attr-defined]
    assert entry["where"] == "run"


@pytest.mark.long
def test_interrupted_campaigns_give_what_they_had(tmp_path: Path) -> None:
    with notes(tmp_path):
        run = begun(tmp_path, *_ISOLATION, "--seeds", "50", "--calls", "150")
        until(run, "1/50")
        run.send_signal(signal.SIGINT)
        code, output = ended(run)
    assert code == 130, output
    assert summary(tmp_path)["campaigns"]
