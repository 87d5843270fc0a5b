"""The score of a catalog: who was killed, by what, after how many calls and seconds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MutantOutcome:
    """Outcome of one mutant.

    Attributes:
        id: The mutant.
        kind: Its class.
        alive: It applied, started and passed the smoke test, so that its death means something.
        killed_by: The oracle that found it, None for a survivor.
        expected_oracle: The oracle that the catalog expects.
        calls: Calls until it was found, or until the budget was used.
        seconds: Seconds of the campaign.
        note: Why it was not alive, or what was inconclusive.
        script: Lines of the shrunk script.
    """

    id: str
    kind: str
    alive: bool
    killed_by: str | None
    expected_oracle: str
    calls: int
    seconds: float
    note: str = ""
    script: tuple[str, ...] = ()


def summary(outcomes: Sequence[MutantOutcome]) -> dict[str, Any]:
    """The figures of a run over the catalog."""
    killed = [each for each in outcomes if each.killed_by]
    return {
        "total": len(outcomes),
        "alive": sum(each.alive for each in outcomes),
        "killed": len(killed),
        "survivors": [each.id for each in outcomes if each.alive and not each.killed_by],
        "median_calls": statistics.median(each.calls for each in killed) if killed else None,
        "median_seconds": (
            round(statistics.median(each.seconds for each in killed), 1) if killed else None
        ),
        "mutants": [
            {
                **{k: v for k, v in asdict(each).items() if k != "kind"},
                "class": each.kind,
                "seconds": round(each.seconds, 1),
            }
            for each in outcomes
        ],
    }
