"""Numbers that change by themselves: whether they change more where others act.

A clock, a counter of seconds or a random number changes whatever the others do, and a count of all
users' rows that is estimated, sampled or rounded changes with them only more or less. Pauses with
activity and without come in pairs, in an order that is drawn by a fair coin, and the pause without
lasts at least as long. For a number on which the others have no influence, neither pause of a pair
is more likely to show the greater change (or the longer one is, where it grows with time), so that
the one-sided sign test is exact: a number that depends on nothing but chance and time passes it no
more often than its bound says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from crosstalk.core.sign_test import one_sided

# Pairs that a suspicion needs, and the probability below which it is one.
_FEWEST, SUSPECTED = 5, 0.05
# Pairs of the replay that decides, and the probability of a false alarm in it.
PAIRS, FALSE_ALARM = 24, 0.001
_NUMBER = re.compile(r"(?<![\w.<:-])-?\d+(?:\.\d+)?(?![\w>])")
# Digits beyond which it is no number to calculate with.
_LONGEST = 15
# A duration of the very call depends on the machine.
_DURATION = re.compile(r"took|elapsed|duration|latency|runtime|_ms$|millis|timing", re.IGNORECASE)

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(slots=True)
class Pairs(Generic[_Key]):
    """Changes of numbers, in pairs: with the others' activity and without it."""

    found: defaultdict[_Key, list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, key: _Key, active: float, idle: float) -> None:
        """Count one pair in.

        Args:
            key: Of the number.
            active: Size of its change where the others acted.
            idle: Size of its change where they did not, in no less time.
        """
        self.found[key].append((active, idle))

    def forget(self, key: _Key) -> None:
        """Forget what was counted of a number."""
        self.found.pop(key, None)

    def suspected(self) -> list[_Key]:
        """Return the numbers that may depend on the others, the likeliest first."""
        known = {key: one_sided(pairs) for key, pairs in self.found.items()}
        enough = [
            key
            for key, pairs in self.found.items()
            if sum(one != other for one, other in pairs) >= _FEWEST and known[key] <= SUSPECTED
        ]
        return sorted(enough, key=known.__getitem__)


def size_of_change(before: str | None, after: str | None) -> float | None:
    """Return by how much the only number of a text has changed; None where there is not one."""
    then, now = _number_in(before), _number_in(after)
    if then is None or now is None or then[1] != now[1]:
        return None
    return abs(now[0] - then[0])


def _number_in(text: str | None) -> tuple[float, str] | None:
    found = _NUMBER.findall(text) if text else []
    if text is None or len(found) != 1 or len(found[0]) > _LONGEST:
        return None
    return float(found[0]), _NUMBER.sub("#", text)


def is_duration(place: str) -> bool:
    """Return whether a place names the time that something took."""
    return _DURATION.search(place.rpartition(".")[2]) is not None


def proven(pairs: Sequence[tuple[float, float]], among: int = 1) -> bool:
    """Return whether a replay's pairs show that a number depends on the others.

    Args:
        pairs: Sizes of changes, with the others' activity and without.
        among: Numbers that are tried at once, which share the bound.
    """
    return one_sided(pairs) <= FALSE_ALARM / max(1, among)
