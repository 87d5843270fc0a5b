"""A tool is judged by what it reports on a mutant alone."""

from __future__ import annotations

from benchmarks.side_by_side.runner import Reading
from benchmarks.side_by_side.scoring import Cell, compare, score


def _reading(*findings: str, failure: str | None = None) -> Reading:
    return Reading(findings, 1.0, failure, ())


def test_only_what_no_run_over_the_unpatched_system_reports_kills() -> None:
    baseline = [_reading("noise"), _reading("rare noise")]
    assert compare(_reading("noise", "rare noise"), baseline).fate == "not killed"
    cell = compare(_reading("noise", "foreign task"), baseline)
    assert (cell.fate, cell.by) == ("killed", ("foreign task",))


def test_a_tool_that_says_nothing_kills_nothing() -> None:
    assert compare(_reading(), [_reading()]).fate == "not killed"


def test_what_could_not_run_is_not_a_survivor() -> None:
    cell = compare(_reading(failure="exit status 3"), [_reading()])
    assert (cell.fate, cell.failure) == ("could not run", "exit status 3")


def test_without_a_baseline_nothing_can_be_told_from_noise() -> None:
    assert compare(_reading("anything"), []).fate == "could not run"
    cell = compare(_reading("anything"), [_reading(failure="no tool answered")])
    assert (cell.fate, cell.failure) == ("could not run", "no tool answered")


def test_the_score_counts_only_mutants_that_the_tool_could_be_run_on() -> None:
    cells = {
        "a": Cell("killed", ("x",), 1.0),
        "b": Cell("not killed", (), 1.0),
        "c": Cell("could not run", (), 1.0, "why"),
    }
    assert score(cells) == (1, 2)
