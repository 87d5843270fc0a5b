"""Who kills what: a tool's findings on a mutant without those on the unpatched system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.side_by_side.runner import Reading

Fate = Literal["killed", "not killed", "could not run"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One tool before one mutant.

    Attributes:
        fate: What became of the mutant.
        by: What the tool reports here and not on the unpatched system.
        seconds: How long it took.
        failure: Why it could not be run.
    """

    fate: Fate
    by: tuple[str, ...]
    seconds: float
    failure: str | None = None


def compare(reading: Reading, baseline: Sequence[Reading]) -> Cell:
    """Judge a reading of a mutant by the readings of the unpatched system.

    A tool that could not be run on the unpatched system at all has no baseline: whatever it says
    about a mutant cannot be told from noise, and it could not run.
    """
    if reading.failure is not None:
        return Cell("could not run", (), reading.seconds, reading.failure)
    ran = [each for each in baseline if each.failure is None]
    if not ran:
        failure = baseline[0].failure if baseline else "no run over the unpatched system"
        return Cell("could not run", (), reading.seconds, failure)
    known = {finding for each in ran for finding in each.findings}
    new = tuple(each for each in reading.findings if each not in known)
    return Cell("killed" if new else "not killed", new, reading.seconds)


def score(cells: Mapping[str, Cell]) -> tuple[int, int]:
    """How many mutants a tool killed, of how many it could be run on."""
    fates = [each.fate for each in cells.values()]
    return fates.count("killed"), len(fates) - fates.count("could not run")
