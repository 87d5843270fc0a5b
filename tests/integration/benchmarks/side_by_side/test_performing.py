"""Commands are run apart from everything, shown without secrets, and a bad end is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.side_by_side import runner
from benchmarks.side_by_side.cache import Kept
from benchmarks.side_by_side.subject import Subject
from benchmarks.side_by_side.tools import Command, Ended, Tool
from tests.unit.benchmarks.side_by_side.subjects import SUBJECT


class _Scripted(Tool):
    """A tool that is a line of Python."""

    name = "scripted"
    version = "1"
    meant_for = "tests"
    given = "a token"
    seconds = 20.0

    def __init__(self, line: str, ended_well: frozenset[int] = frozenset({0})) -> None:
        self._line = line
        self._ended_well = ended_well

    def commands(self, subject: Subject) -> list[Command]:
        arguments = [sys.executable, "-c", self._line, subject.alice.mcp]
        return [Command(arguments, files={"given.txt": "told"}, ended_well=self._ended_well)]

    def findings(self, ended: Sequence[Ended]) -> set[str]:
        return {f"{ended[0].status} {ended[0].output.strip()}"}


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runner, "programs_of", lambda tool: tmp_path)


def test_a_command_runs_in_its_folder_with_a_home_of_its_own(tmp_path: Path) -> None:
    line = (
        "import os, pathlib; here = pathlib.Path.cwd(); "
        "print(pathlib.Path('given.txt').read_text(), pathlib.Path.home() == here)"
    )
    reading = runner.perform(_Scripted(line), SUBJECT, tmp_path / "work")
    assert reading.failure is None
    assert reading.findings == ("0 told True",)


def test_tokens_and_addresses_are_shown_by_name(tmp_path: Path) -> None:
    line = "import sys; print(sys.argv[1], 'http://127.0.0.1:8001/mcp')"
    reading = runner.perform(_Scripted(line), SUBJECT, tmp_path / "work")
    assert reading.findings == ("0 $ALICE_MCP $MCP_URL",)
    assert "token-a-mcp" not in "".join(reading.commands)
    assert "$ALICE_MCP" in reading.commands[0]


def test_a_status_that_the_tool_does_not_end_well_with_is_a_failure(tmp_path: Path) -> None:
    line = "import sys; print('cannot'); sys.exit(3)"
    reading = runner.perform(_Scripted(line), SUBJECT, tmp_path / "1")
    assert reading.failure == "exit status 3: cannot"
    assert reading.findings == ()
    meant = _Scripted(line, ended_well=frozenset({3}))
    assert runner.perform(meant, SUBJECT, tmp_path / "2").failure is None


def test_a_reading_is_kept_and_found_again(tmp_path: Path) -> None:
    reading = runner.perform(_Scripted("print('x')"), SUBJECT, tmp_path / "work")
    kept = Kept(tmp_path)
    kept.put("unpatched-1", "scripted", reading)
    assert kept.get("unpatched-1", "scripted") == reading
    assert list(kept.baseline("scripted")) == [reading]
    assert kept.get("unpatched-2", "scripted") is None
