"""Existence: another user's id and an id that no user has must be answered alike.

So must words that another user has taken for an object, or had for an object that is
removed, and words that are free.

Status, code, message, body and headers are compared, after the ids that were asked for and all
identifying values and times are masked; of headers that differ between any two answers or count the
caller's own requests nothing is compared, and of those that have a new value each time the name
alone. Time taken is no evidence by itself: `times` hands it to a statistic. UUIDs that are counted
up tell of others' objects too, without asking for any.
"""

from __future__ import annotations

import bisect
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import is_uuid
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import Suspicion
from crosstalk.oracles.numbers.counted import counted_over_all
from crosstalk.oracles.pair import Pair, masked_header, named_in_call
from crosstalk.oracles.pairs import pairs_of

# Ids drawn at random are never so near; ids made of the time alone are, within a second.
_NEAR = 2**20


class Existence:
    """Fires when a foreign id and a missing id can be told apart."""

    name = "existence"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each pair of answers that differ."""
        found = []
        steady = _steady_headers(history)
        for pair in pairs_of(history):
            first, second = pair.foreign, pair.missing
            differing = pair.told_apart_by(steady)
            if not differing:
                continue
            victim = first.probe.victim if first.probe else "another user"
            names = first.probe is not None and first.probe.kind == "names"
            what = f"what {victim} has stored from what nobody has"
            what = what if names else f"an id of {victim} from a missing one"
            found.append(
                Suspicion(
                    self.name,
                    first.operation,
                    tuple(sorted((first.index, second.index))),
                    f"{first.actor.name} can tell {what} by {', '.join(differing)}",
                    rule=BrokenRule.EXISTENCE,
                )
            )
        return [*found, *self._counted(history), *self._numbered(history)]

    def _counted(self, history: History) -> list[Suspicion]:
        """Ids that follow each other over users: each tells of the others' objects."""
        near = history.followed("near ids", lambda it: _Counting(it).take)
        for first, second in filter(None, near):
            owners = sorted(str(each.actor.user) for each in (first, second))
            return [
                Suspicion(
                    self.name,
                    second.operation,
                    (first.index, second.index),
                    f"ids of {' and '.join(owners)} follow each other: they can be counted",
                    rule=BrokenRule.COUNTING,
                )
            ]
        return []

    def _numbered(self, history: History) -> list[Suspicion]:
        """Numbers that go up by what other users store: each tells how much that is."""
        return [
            Suspicion(
                self.name,
                each.calls[-1].operation,
                tuple(call.index for call in each.calls),
                f"{each.field} that {each.user} is given by {each.calls[-1].operation} counts what "
                "others store",
                rule=BrokenRule.ACTIVITY,
            )
            for each in counted_over_all(history.calls)
        ]

    def opportunities(self, history: History) -> Counter[str]:
        """Count the compared pairs whose owner is served that id by that operation as well."""
        served = {
            (call.actor.user, call.operation, value)
            for call in history
            if call.answer.outcome is Outcome.OK and call.actor.user == call.actor.claims
            for value in named_in_call(call)
        }
        return Counter(
            pair.foreign.operation
            for pair in pairs_of(history)
            if pair.foreign.probe is not None
            and any(
                (pair.foreign.probe.victim, pair.foreign.operation, value) in served
                for value in named_in_call(pair.foreign) - named_in_call(pair.missing)
            )
        )


class _Counting:
    """Takes the calls of a history in order, and finds UUIDs of two users that are near."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._taken = 0
        self._sorted: list[int] = []
        self._first: dict[int, Call] = {}

    def take(self, call: Call) -> tuple[Call, Call] | None:
        """Return two calls that showed two users such ids, the second of them the next call."""
        seen = observations(self._history)[self._taken]
        self._taken += 1
        found = None
        for value in sorted(filter(is_uuid, seen.own)):
            number = uuid.UUID(value).int
            if number in self._first:
                continue
            place = bisect.bisect(self._sorted, number)
            for neighbour in self._sorted[max(0, place - 1) : place + 1]:
                earlier = self._first[neighbour]
                if earlier.actor.user != call.actor.user and abs(number - neighbour) < _NEAR:
                    found = found or (earlier, call)
            self._sorted.insert(place, number)
            self._first[number] = call
        return found


def told_apart(history: History, first: Call, second: Call) -> list[str]:
    """Return the parts by which the answers to two calls of a pair can be told apart."""
    return Pair.of(first, second).told_apart_by(_steady_headers(history))


def times(history: History) -> dict[str, list[tuple[float, float]]]:
    """Operation to the seconds that each pair of calls took: foreign id, missing id."""
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for pair in pairs_of(history):
        seconds = [each.ended - each.started for each in (pair.foreign, pair.missing)]
        found[pair.foreign.operation].append((seconds[0], seconds[1]))
    return found


def _steady_headers(history: History) -> frozenset[str]:
    """Headers whose values come again: not new for each answer, as a counter's or a nonce's are."""

    def begin(_: History) -> Callable[[Call], dict[str, Counter[str]]]:
        values: dict[str, Counter[str]] = {}

        def take(call: Call) -> dict[str, Counter[str]]:
            for name, value in call.answer.headers.items():
                values.setdefault(name, Counter())[masked_header(value)] += 1
            return values

        return take

    counted = history.followed("values of headers", begin)
    return frozenset(
        name
        for name, seen in (counted[-1] if counted else {}).items()
        if 2 * len(seen) <= seen.total()
    )
