"""Tools run in folders of their own, are shown without secrets, and report a failed command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.side_by_side import runner
from benchmarks.side_by_side.cache import ReportCache
from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools import Command, FinishedCommand, Tool
from tests.unit.benchmarks.side_by_side.systems import SYSTEM


class _Scripted(Tool):
    """A tool that is a line of Python."""

    name = "scripted"
    version = "1"
    meant_for = "tests"
    given = "a token"
    seconds = 20.0

    def __init__(self, line: str, success_statuses: frozenset[int] = frozenset({0})) -> None:
        self._line = line
        self._success_statuses = success_statuses

    def commands(self, system: SystemUnderTest) -> list[Command]:
        arguments = [sys.executable, "-c", self._line, system.alice.mcp]
        return [
            Command(arguments, files={"given.txt": "text"}, success_statuses=self._success_statuses)
        ]

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        return {f"{finished[0].status} {finished[0].output.strip()}"}


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runner, "programs_of", lambda tool: tmp_path)


def test_tool_command_runs_in_its_folder_with_a_home_of_its_own(tmp_path: Path) -> None:
    line = (
        "import os, pathlib; here = pathlib.Path.cwd(); "
        "print(pathlib.Path('given.txt').read_text(), pathlib.Path.home() == here)"
    )
    report = runner.run_tool(_Scripted(line), SYSTEM, tmp_path / "work")
    assert report.failure is None
    assert report.findings == ("0 text True",)


def test_tool_report_shows_tokens_and_addresses_by_name(tmp_path: Path) -> None:
    line = "import sys; print(sys.argv[1], 'http://127.0.0.1:8001/mcp')"
    report = runner.run_tool(_Scripted(line), SYSTEM, tmp_path / "work")
    assert report.findings == ("0 $ALICE_MCP $MCP_URL",)
    assert "token-a-mcp" not in "".join(report.commands)
    assert "$ALICE_MCP" in report.commands[0]


def test_tool_report_fails_on_another_exit_status(tmp_path: Path) -> None:
    line = "import sys; print('cannot'); sys.exit(3)"
    report = runner.run_tool(_Scripted(line), SYSTEM, tmp_path / "1")
    assert report.failure == "exit status 3: cannot"
    assert report.findings == ()
    meant = _Scripted(line, success_statuses=frozenset({3}))
    assert runner.run_tool(meant, SYSTEM, tmp_path / "2").failure is None


def test_report_cache_returns_a_stored_report(tmp_path: Path) -> None:
    report = runner.run_tool(_Scripted("print('x')"), SYSTEM, tmp_path / "work")
    cache = ReportCache(tmp_path)
    cache.put("unpatched-1", "scripted", report)
    assert cache.get("unpatched-1", "scripted") == report
    assert list(cache.baseline("scripted")) == [report]
    assert cache.get("unpatched-2", "scripted") is None
