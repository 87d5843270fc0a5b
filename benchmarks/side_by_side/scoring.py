"""Scoring: a tool's findings on a mutant without those on the unpatched system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.side_by_side.runner import ToolReport

Fate = Literal["killed", "not killed", "could not run"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Result of one tool on one mutant.

    Attributes:
        fate: Of the mutant.
        by: Findings that the tool does not report on the unpatched system.
        seconds: Duration.
        failure: Why it could not be run.
    """

    fate: Fate
    by: tuple[str, ...]
    seconds: float
    failure: str | None = None


def score_report(report: ToolReport, baseline: Sequence[ToolReport]) -> Cell:
    """Score a report on a mutant by the reports on the unpatched system.

    A tool that could not be run on the unpatched system has no baseline: its findings on a mutant
    cannot be distinguished from noise, and it counts as not run.
    """
    if report.failure is not None:
        return Cell("could not run", (), report.seconds, report.failure)
    ran = [each for each in baseline if each.failure is None]
    if not ran:
        failure = baseline[0].failure if baseline else "no run over the unpatched system"
        return Cell("could not run", (), report.seconds, failure)
    known = {finding for each in ran for finding in each.findings}
    new = tuple(each for each in report.findings if each not in known)
    return Cell("killed" if new else "not killed", new, report.seconds)


def score(cells: Mapping[str, Cell]) -> tuple[int, int]:
    """Return the number of mutants that a tool killed, and of those that it could be run on."""
    fates = [each.fate for each in cells.values()]
    return fates.count("killed"), len(fates) - fates.count("could not run")
