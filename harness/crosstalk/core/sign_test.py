"""Times of a foreign id against a missing one: a statistic, and not a finding by itself.

Pairs of calls that differ in the id alone are compared by the sign test: if the id's owner made no
difference, either call of a pair would be the slower one as often as the other. The generator draws
which of the two comes first, so that a cache that the first one fills favours neither.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeDifference:
    """Differences in time that pairs of one operation show.

    Attributes:
        pairs: How many there were.
        median_ms: Median of the foreign call's milliseconds less the missing one's.
        slower: Part of the pairs in which the foreign id took longer, 0 to 1; 0.5 is no effect.
        p: Probability of a division as uneven or more, if there were none (two-sided, exact).
    """

    pairs: int
    median_ms: float
    slower: float
    p: float


def time_difference(pairs: Sequence[tuple[float, float]]) -> TimeDifference:
    """The sign test (Conover, Practical Nonparametric Statistics, section 3.4); ties are left out.

    Args:
        pairs: Seconds of the foreign call and of the missing one; at least one pair.
    """
    apart = [(one, other) for one, other in pairs if one != other]
    slower = sum(one > other for one, other in apart)
    fewer = min(slower, len(apart) - slower)
    tail = sum(math.comb(len(apart), each) for each in range(fewer + 1)) / 2 ** len(apart)
    return TimeDifference(
        pairs=len(pairs),
        median_ms=statistics.median(one - other for one, other in pairs) * 1_000,
        slower=slower / len(apart) if apart else 0.5,
        p=min(1.0, 2 * tail),
    )


def one_sided(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the probability that the first of a pair is greater as often as here, or more often.

    If neither of a pair were more likely to be the greater one; exact, ties are left out.

    Args:
        pairs: Two numbers each.
    """
    apart = [(one, other) for one, other in pairs if one != other]
    greater = sum(one > other for one, other in apart)
    tail = sum(math.comb(len(apart), each) for each in range(greater, len(apart) + 1))
    return float(tail / 2 ** len(apart))
