"""The score of a catalog: who was killed, by what, after how many calls and seconds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from crosstalk.campaign.mutant_outcome import MutantOutcome


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
