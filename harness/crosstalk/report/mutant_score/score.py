"""The score of a catalog: who was killed, by what, after how many calls and seconds."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any, Literal, TypeAlias, get_args

from crosstalk.campaign.mutant_outcome import MutantOutcome

Half: TypeAlias = Literal["tuned", "other"]


def half_of(identifier: str) -> Half:
    """Return the half of the catalog that a mutant is in, by the last bit of its id's SHA-256.

    The generator is tuned on the survivors of one half; the other tells what that is worth. The
    half follows from the id, so that no entry is put into one because of its result.
    """
    return "other" if sha256(identifier.encode()).digest()[-1] & 1 else "tuned"


def halves(outcomes: Sequence[MutantOutcome]) -> dict[Half, dict[str, int]]:
    """Count the mutants of each half, and those that were killed."""
    return {
        half: {
            "total": sum(half_of(each.id) == half for each in outcomes),
            "killed": sum(half_of(each.id) == half and bool(each.killed_by) for each in outcomes),
        }
        for half in get_args(Half)
    }


def by_half(found: Mapping[Half, Mapping[str, int]]) -> str:
    """Return in words what `halves` counted."""
    return ", ".join(f"{half} {each['killed']} of {each['total']}" for half, each in found.items())


def over_seeds(outcomes: Sequence[MutantOutcome]) -> list[MutantOutcome]:
    """Return one outcome a mutant: found where it was with every seed, at the median of them.

    Args:
        outcomes: Of one seed, or of several.
    """
    runs: defaultdict[str, list[MutantOutcome]] = defaultdict(list)
    for each in outcomes:
        runs[each.id].append(each)
    return [_together(each) for each in runs.values()]


def _together(runs: Sequence[MutantOutcome]) -> MutantOutcome:
    """Return the outcome of one mutant with several seeds; of the seed that says the least."""
    if len(runs) == 1:
        return runs[0]
    for worse in (
        next((each for each in runs if not each.alive), None),
        next((each for each in runs if not each.killed_by), None),
    ):
        if worse is not None:
            return worse
    by, _ = Counter(each.killed_by for each in runs).most_common(1)[0]
    calls = round(statistics.median(each.calls for each in runs))
    seconds = statistics.median(each.seconds for each in runs)
    return replace(runs[0], killed_by=by, calls=calls, seconds=seconds)


def summary(outcomes: Sequence[MutantOutcome]) -> dict[str, Any]:
    """The figures of a run over the catalog: of all its seeds together, and of each."""
    seeds = list(dict.fromkeys(each.seed for each in outcomes))
    return {
        **_figures(over_seeds(outcomes)),
        "seeds": [
            {"seed": seed, **_figures([each for each in outcomes if each.seed == seed])}
            for seed in seeds
        ],
        "mutants": [
            {
                **{k: v for k, v in asdict(each).items() if k != "kind"},
                "class": each.kind,
                "seconds": round(each.seconds, 1),
            }
            for each in outcomes
        ],
    }


def _figures(outcomes: Sequence[MutantOutcome]) -> dict[str, Any]:
    killed = [each for each in outcomes if each.killed_by]
    return {
        "total": len(outcomes),
        "alive": sum(each.alive for each in outcomes),
        "killed": len(killed),
        "halves": halves(outcomes),
        "survivors": [each.id for each in outcomes if each.alive and not each.killed_by],
        "median_calls": statistics.median(each.calls for each in killed) if killed else None,
        "median_seconds": (
            round(statistics.median(each.seconds for each in killed), 1) if killed else None
        ),
    }
