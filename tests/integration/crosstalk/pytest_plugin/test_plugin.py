"""The pytest plugin: a test an operation and oracle, findings as failures with their script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from crosstalk.core.acceptance.baseline import baseline_of
from crosstalk.core.acceptance.waivers import Waiver, write_waivers
from tests.integration.crosstalk.targets.described.describing import describe
from tests.repository import ROOT

# A fixed seed, and calls rather than seconds: the verdict is that of any machine.
SHORT = ("--crosstalk-calls=300", "--crosstalk-seconds=300", "--crosstalk-seed=7")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Pytest as a process of its own, with the plugin and nothing of this project's settings."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null"]
    command += [
        "-p",
        "no:asyncio",
        "--rootdir",
        str(folder),
        *plugin_options(),
        "-q",
        "-rsf",
        *arguments,
    ]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PYTHONPATH": f"{ROOT / 'harness'}{os.pathsep}{ROOT}",
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
        },
    )


def plugin_options() -> list[str]:
    """Named by hand where the installed package does not announce it."""
    announced = any(each.name == "crosstalk" for each in entry_points(group="pytest11"))
    return [] if announced else ["-p", "crosstalk.pytest_plugin.plugin"]


@pytest.fixture
def own_test(tmp_path: Path) -> Path:
    """A test that a project has anyhow."""
    file = tmp_path / "test_own.py"
    file.write_text("def test_own():\n    pass\n")
    return file


def test_a_finding_fails_one_test_and_shows_its_script(tmp_path: Path, own_test: Path) -> None:
    file = describe(tmp_path, "stdio", "argument", "--leak", "get")
    done = run(tmp_path, str(own_test), "--crosstalk-target", file.name, *SHORT)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED crosstalk.toml::mcp:get_note[canary]" in done.stdout
    assert "1. " in done.stdout
    assert "mcp:add_note" in done.stdout
    assert "crosstalk replay" in done.stdout
    assert "Traceback" not in done.stdout


def test_isolated_server_passes_and_checks_without_opportunity_are_skipped(tmp_path: Path) -> None:
    file = describe(tmp_path, "stdio", "argument")
    done = run(tmp_path, "--crosstalk-target", str(file), *SHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "accepted: no credential proves who calls" in done.stdout


def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "crosstalk.toml").write_text("confirmed = false\n")
    done = run(tmp_path, "--crosstalk-target", "crosstalk.toml")
    assert done.returncode == 2
    assert "say where the system is" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_plugin_alone_imports_nothing_heavy() -> None:
    program = "import sys, crosstalk.pytest_plugin.plugin; print('hypothesis' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_without_the_option_nothing_changes(tmp_path: Path, own_test: Path) -> None:
    describe(tmp_path, "stdio", "argument")
    done = run(tmp_path)
    assert "1 passed" in done.stdout


@pytest.mark.long
def test_a_known_finding_is_expected_to_fail_and_an_expired_one_fails(tmp_path: Path) -> None:
    file = describe(tmp_path, "stdio", "argument", "--leak", "get")
    first = run(tmp_path, "--crosstalk-target", file.name, *SHORT)
    assert first.returncode == 1, first.stdout + first.stderr
    summary = tmp_path / ".crosstalk" / "runs" / "pytest" / "latest" / "summary.json"
    findings = json.loads(summary.read_text())["findings"]
    (tmp_path / "known.json").write_text(baseline_of(findings).dump())
    known = ("--crosstalk-target", file.name, "--crosstalk-baseline", "known.json", *SHORT)
    second = run(tmp_path, *known)
    assert second.returncode == 0, second.stdout + second.stderr
    assert f"{len(findings)} xfailed" in second.stdout
    over = Waiver(findings[0]["fingerprint"], "for a day", date(2020, 1, 1))
    write_waivers(tmp_path / "crosstalk-waivers.toml", [over])
    third = run(tmp_path, *known)
    assert third.returncode == 1, third.stdout + third.stderr
    assert "its waiver expired on 2020-01-01" in third.stdout
