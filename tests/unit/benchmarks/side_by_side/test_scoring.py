"""A tool is scored by the findings that it reports on a mutant alone."""

from __future__ import annotations

from benchmarks.side_by_side.runner import ToolReport
from benchmarks.side_by_side.scoring import Cell, score, score_report


def _report(*findings: str, failure: str | None = None) -> ToolReport:
    return ToolReport(findings, 1.0, failure, ())


def test_score_report_kills_by_findings_absent_from_the_baseline() -> None:
    baseline = [_report("noise"), _report("rare noise")]
    assert score_report(_report("noise", "rare noise"), baseline).fate == "not killed"
    cell = score_report(_report("noise", "foreign task"), baseline)
    assert (cell.fate, cell.by) == ("killed", ("foreign task",))


def test_score_report_without_findings_kills_nothing() -> None:
    assert score_report(_report(), [_report()]).fate == "not killed"


def test_score_report_of_a_failed_run_is_not_a_survivor() -> None:
    cell = score_report(_report(failure="exit status 3"), [_report()])
    assert (cell.fate, cell.failure) == ("could not run", "exit status 3")


def test_score_report_without_a_baseline_could_not_run() -> None:
    assert score_report(_report("anything"), []).fate == "could not run"
    cell = score_report(_report("anything"), [_report(failure="no tool answered")])
    assert (cell.fate, cell.failure) == ("could not run", "no tool answered")


def test_score_counts_only_mutants_that_the_tool_ran_on() -> None:
    cells = {
        "a": Cell("killed", ("x",), 1.0),
        "b": Cell("not killed", (), 1.0),
        "c": Cell("could not run", (), 1.0, "why"),
    }
    assert score(cells) == (1, 2)
