"""Run folders, and what the terminal is spared."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from crosstalk.campaign.events import FindingFound, Finished
from crosstalk.campaign.result import CampaignResult
from crosstalk.core.errors import HarnessError
from crosstalk.core.script import script_of
from crosstalk.core.verdict import Control, Finding
from crosstalk.report.console import ConsoleReport
from crosstalk.report.run_folder import open_run
from tests.unit.crosstalk.histories import ALICE, Writer, ok


def test_latest_is_the_newest_run_and_none_is_lost(tmp_path: Path) -> None:
    runs = [open_run("isolation", tmp_path) for _ in range(3)]
    assert len({run.path for run in runs}) == 3
    runs[-1].write_summary({"verdict": "clean"})
    summary = tmp_path / "isolation" / "latest" / "summary.json"
    assert json.loads(summary.read_text()) == {"verdict": "clean"}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="cannot write"):
        open_run("isolation", tmp_path / "file")


def test_a_finding_is_printed_without_control_characters() -> None:
    story = Writer().call(ALICE, "add", {"title": "\x1b[2J\u202e"}, ok({}))
    finding = Finding("canary", "add", ("alice",), "bad \x07 bell", script_of(story.history))
    result = CampaignResult("leak", 1, 1.0, 7, [finding], {"add": Control(calls=1)}, [])
    out = io.StringIO()
    report = ConsoleReport(Console(file=out, width=130), 1)
    report(FindingFound(finding))
    report(Finished(result))
    text = out.getvalue()
    assert "1. alice: add" in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


def test_the_summary_has_the_keys_that_programs_read() -> None:
    control = Control(calls=2, own_reads=1, foreign_attempts=1, oracles={"canary": 1})
    summary = CampaignResult("clean", 2, 1.0, 7, [], {"add": control}, []).summary()
    assert set(summary) == {
        "schema_version",
        "verdict",
        "calls",
        "calls_to_finding",
        "replay_calls",
        "seconds",
        "seed",
        "findings",
        "defects",
        "controls",
        "inconclusive",
        "not_applicable",
        "not_chosen",
        "skipped",
        "coverage",
        "left",
        "times",
        "untried",
        "public",
        "limited",
        "suggestions",
        "short",
        "situations",
        "situations_not_made",
    }
    assert summary["controls"]["add"] == {
        "calls": 2,
        "answered": 0,
        "own_reads": 1,
        "foreign_attempts": 1,
        "oracles": {"canary": 1},
    }


def test_a_finding_of_another_run_has_the_same_fingerprint_and_another_leak_has_another() -> None:
    def finding(operation: str, title: str) -> Finding:
        story = Writer().call(ALICE, operation, {"title": title}, ok({}))
        script = script_of(story.history)
        return Finding("canary", operation, ("alice",), f"saw {title}", script, replayed=(3, 3))

    first, again, other = finding("add", "one"), finding("add", "two"), finding("list", "one")
    assert first.fingerprint == again.fingerprint != other.fingerprint
    (told,) = CampaignResult("leak", 1, 1.0, 7, [first], {}, []).summary()["findings"]
    assert told["fingerprint"] == first.fingerprint
    assert (told["severity"], told["cwe"]) == ("high", ["CWE-639", "CWE-200"])
    assert told["confidence"] == {"shown": 3, "replays": 3}
