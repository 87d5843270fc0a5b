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
from crosstalk.core.script import Script, script_of
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.report.console import ConsoleReport, verdict_sentence
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


def test_a_run_ends_with_its_verdict_and_says_its_controls_in_one_line() -> None:
    served = Control(calls=9, own_reads=3, foreign_attempts=2, oracles={"canary": 3})
    controls = {f"rest:GET /{each}": served for each in range(31)} | {"layer mcp": Control()}
    finding = Finding("canary", "rest:GET /1", ("alice", "bob"), "saw", Script(()))
    result = CampaignResult("leak", 400, 1.0, 7, [finding], controls, [])
    result.skipped = {f"rest:POST /{each}": "it ends the session" for each in range(9)}
    out = io.StringIO()
    ConsoleReport(Console(file=out, width=80), 1)(Finished(result))
    lines = out.getvalue().splitlines()
    assert lines[-1] == "LEAK: 1 defect, shown by 1 finding; exit code 1"
    assert sum("canary" in line for line in lines) == 1, "the table of controls is not printed"
    assert [line for line in lines if line.startswith("controls: 31 of 31 operations showed")]
    assert [line for line in lines if line.startswith("9 skipped: ")]


def test_nothing_is_printed_after_the_verdict_while_reports_are_written() -> None:
    out, now = io.StringIO(), [0.0]
    report = ConsoleReport(Console(file=out, width=80), 1, lambda: now[0])
    report(Finished(CampaignResult("clean", 4, 1.0, 7, [], {}, [])))
    now[0] = 60.0
    report.tick()
    assert out.getvalue().splitlines()[-1] == "CLEAN: nothing crossed in 4 calls; exit code 0"


def test_an_inconclusive_verdict_counts_what_is_named_above_it() -> None:
    open_ones = [
        Inconclusive(InconclusiveKind.NOT_SERVED, "rest:GET /a", "never served"),
        Inconclusive(InconclusiveKind.UNCONFIRMED, "rest:GET /b", "not seen again"),
    ]
    result = CampaignResult("inconclusive", 4, 1.0, 7, [], {}, open_ones)
    said = "INCONCLUSIVE: 1 not served or not tried and 1 doubt, named above; exit code 3"
    assert verdict_sentence(result) == said


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
