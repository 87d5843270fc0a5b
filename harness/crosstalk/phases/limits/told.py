"""Counts told by a limit, tried for what changes them: one's own calls, or those of others.

A user calls three times, which shows by how much a call of their own changes the count. Then
another user calls once between two calls of that user, and three times: what is told must change as
before.
"""

from __future__ import annotations

from collections.abc import Callable

from crosstalk.core.counts_told import counts_told
from crosstalk.core.history import Call, History
from crosstalk.core.verdict import Finding
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.limits.evidence import told_finding
from crosstalk.phases.limits.own_calls import OwnCalls
from crosstalk.phases.limits.trial import Trier

# Calls that another user makes between two of the observer's, in the rounds of a trial.
_ROUNDS = (0, 1, 3)
# A change beside which one that others cause is large.
_TIMES = 3


class CountsTold:
    """Tries whose calls a count is changed by.

    Args:
        budget: Means of the phase.
        trier: Makes a trier of the users, in another order each time.
    """

    def __init__(self, budget: PhaseBudget, trier: Callable[[PhaseBudget], Trier]) -> None:
        self._budget = budget
        self._trier = trier

    def confirm(self, name: str, place: str) -> Finding | None:
        """Return a finding where a count that one user is told changes with another's calls.

        Args:
            name: Of the operation.
            place: Where it tells the count.
        """
        operation = self._budget.executor.operations[name]
        trier = self._trier(self._budget)
        own = OwnCalls(self._budget, operation, trier)
        if not own.possible or not own.about_nothing_common():
            return None
        with self._budget.executor.replaying():
            rounds = []
            for calls in _ROUNDS:
                history = self._budget.fresh_history()
                told = self._round(own, trier, history, place, calls)
                if told is None:
                    return None
                rounds.append((history, *told))
        (_, alone, _), (_, beside_one, _), (history, beside_three, seen) = rounds
        # What others have caused grows by as many as they made more.
        grows = abs(beside_three) >= abs(beside_one) + 2 and beside_one
        if not grows or abs(alone) * _TIMES > abs(beside_one):
            return None
        return told_finding(history, place, seen)

    def _round(
        self, own: OwnCalls, trier: Trier, history: History, place: str, calls: int
    ) -> tuple[int, list[Call]] | None:
        """Return by how much more the count has changed beside another's calls than before them."""
        _, busy, observer = trier.users
        made = own.first(history, observer)
        seen = [] if made is None else [made, own.again(history, made)]
        other = own.first(history, busy) if calls and seen else None
        for _ in range(1, calls):
            if other is not None:
                own.again(history, other)
        if made is not None:
            seen.append(own.again(history, made))
        told = [counts_told(each.answer).get(place) for each in seen]
        values = [each for each in told if each is not None]
        if len(values) < 3:
            return None
        first, second, third = values
        return (third - second) - (second - first), seen[1:]


def changed_by_others(history: History) -> tuple[Call, str] | None:
    """Return the last call of a finding's script that was run again, and where it tells a count
    that has changed by more than before; None where there is none.

    Args:
        history: Of the run: the user of the last call made two more before another did.
    """
    after = history.calls[-1] if len(history) else None
    if after is None:
        return None
    own = [
        counts_told(each.answer)
        for each in history
        if each.actor == after.actor and each.operation == after.operation
    ]
    if len(own) < 3:
        return None
    first, second, third = own[-3:]
    for place in first.keys() & second.keys() & third.keys():
        before, beside = second[place] - first[place], third[place] - second[place]
        if abs(beside - before) >= max(1, abs(before)):
            return after, place
    return None
