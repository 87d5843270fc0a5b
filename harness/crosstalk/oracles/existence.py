"""Existence: another user's id and an id that no user has must be answered alike.

So must words that another user has taken for something of theirs and words that are free.

Status, code, message, body and headers are compared, after the ids that were asked for and all
identifying values and times are masked; of headers that differ between any two answers or count the
caller's own requests nothing is compared, and of those that have a new value each time the name
alone. Time taken is no evidence by itself: `times` hands it to a statistic. UUIDs that are counted
up tell of others' objects too, without asking for any.
"""

from __future__ import annotations

import bisect
import json
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import (
    identifiers_of,
    is_code,
    is_code_path,
    is_id_path,
    is_marker,
    is_short_id,
    is_uuid,
    strings_in,
    substituted,
)
from crosstalk.core.object_kinds import kind_of_argument, kind_of_field
from crosstalk.core.policy.objects import named_values
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import Suspicion, conclusive
from crosstalk.oracles.observation import without_times
from crosstalk.surface.http.headers import shows

# Ids drawn at random are never so near; ids made of the time alone are, within a second.
_NEAR = 2**20
# Begins the name of a part that is a header.
_HEADER = "headers."
# Parts by which a refusal is told from a call that is served.
_REFUSAL = ("status", "code", "message")


@dataclass(frozen=True, slots=True)
class _Pair:
    """A call with another user's id, and the same with an id that no user has.

    Attributes:
        foreign: The call with the id of another user.
        missing: The other call.
        plain: Parts of the answers that differ once all ids are masked; headers that one has alone.
        headers: Headers that both answers have, with other values.
    """

    foreign: Call
    missing: Call
    plain: tuple[str, ...]
    headers: tuple[str, ...]

    @classmethod
    def of(cls, foreign: Call, missing: Call) -> _Pair:
        """Compare the answers to two calls."""
        if foreign.probe is not None and foreign.probe.kind == "names":
            return cls._of_names(foreign, missing)
        asked = _named(foreign) ^ _named(missing)
        one, other = _observable(foreign, asked), _observable(missing, asked)
        differing = [name for name in {**one, **other} if one.get(name) != other.get(name)]
        both = [
            each for each in differing if each.startswith(_HEADER) and each in one.keys() & other
        ]
        plain = tuple(each for each in differing if each not in both)
        return cls(foreign, missing, plain, tuple(each.removeprefix(_HEADER) for each in both))

    @classmethod
    def _of_names(cls, taken: Call, free: Call) -> _Pair:
        """Compare a call that holds what is another user's with the same that holds what is new.

        What is stored is answered with numbers of its own: only a refusal tells of the other's.
        """
        if (taken.answer.outcome is Outcome.OK) is (free.answer.outcome is Outcome.OK):
            return cls(taken, free, (), ())
        one, other = (_observable(each, _named(taken) ^ _named(free)) for each in (taken, free))
        plain = tuple(name for name in _REFUSAL if one.get(name) != other.get(name))
        return cls(taken, free, plain, ())

    def told_apart_by(self, steady: frozenset[str]) -> list[str]:
        """Return the parts by which the answers can be told apart.

        Args:
            steady: Headers whose values come again.
        """
        return [*self.plain, *(f"{_HEADER}{each}" for each in self.headers if each in steady)]


def _pairs(history: History) -> list[_Pair]:
    """Return the pairs that can be compared."""
    if history.policy is not None:
        # What a policy permits at one call, a later one may tell.
        found: Sequence[_Pair | None] = history.derived(
            "pairs", lambda it: list(map(_Pairing(it).take, it))
        )
    else:
        found = history.followed("pairs", lambda it: _Pairing(it).take)
    return [each for each in found if each is not None]


class _Pairing:
    """Takes the calls of a history in order, and finds the two halves of each comparison."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._taken = 0
        self._half: dict[int, Call] = {}
        self._owners = {each.id: each.owner for each in history.owned}
        self._owners |= {
            value: each.owner for each in history.owned for value in identifiers_of(each.id)
        }
        self._numbers = _Numbers()
        # Users with the ids under which they put something, and the first call that did.
        self._put: dict[tuple[str | None, str], int] = {}
        for each in history.owned:
            self._numbers.given[each.kind][each.id].add(each.owner)

    def take(self, call: Call) -> _Pair | None:
        """Return the pair that the next call completes, with the foreign id first."""
        history, owners = self._history, self._owners
        seen = observations(history)[self._taken]
        self._taken += 1
        for value in seen.own:
            owners.setdefault(value, str(call.actor.user))
        for value in codes_in_answer(call):
            owners.setdefault(value, str(call.actor.user))
        self._numbers.take(call)
        found = self._pair(call)
        if ":PUT " in call.operation and call.answer.outcome is Outcome.OK:
            # It creates what is not there (RFC 9110, section 9.3.4): from now on the caller may
            # have something under that id as well.
            for each in _named(call):
                self._put.setdefault((call.actor.user, each), call.index)
        return found

    def _pair(self, call: Call) -> _Pair | None:
        history, owners = self._history, self._owners
        probe = call.probe
        if probe is None or probe.kind not in ("existence", "names"):
            _note_planted(call, owners)
            return None
        # The generator draws which of the two comes first.
        earlier = self._half.setdefault(probe.key, call)
        if earlier is call or earlier.probe is None or earlier.probe.part == probe.part:
            return None
        foreign, missing = (earlier, call) if probe.part == "missing" else (call, earlier)
        if probe.kind == "names":
            taken = _takes_names(foreign, missing, owners)
            permitted = _permitted(history, probe.victim, foreign)
            return _Pair.of(foreign, missing) if taken and not permitted else None
        if (
            _comparable(foreign, missing, owners, self._numbers, history.public_values)
            and not _permitted(history, probe.victim, foreign)
            and not self._put_before(foreign, _named(foreign) - _named(missing))
            and conclusive(foreign.answer)
            and conclusive(missing.answer)
        ):
            return _Pair.of(foreign, missing)
        return None

    def _put_before(self, call: Call, values: Collection[str]) -> bool:
        """Return whether a caller had put something under one of these ids."""
        first = (self._put.get((call.actor.user, each), call.index) for each in values)
        return any(each < call.index for each in first)


def _permitted(history: History, victim: str, call: Call) -> bool:
    """Return whether a caller may know of an object: it is, or was, shared with them."""
    if not history.shares_anything:
        return False
    asked = (victim, call.actor.user, call.operation)
    if history.permits(*asked, named_values(call), call):
        return True
    return history.decide(*asked, named_values(call), call).lost is not None


def numbers_given(history: History) -> set[str]:
    """Return the numbers that a user was given as an id, each after the kind of its object."""
    return {f"{kind} {value}" for call in history for kind, value in numbers_in_answer(call)}


def numbers_in_answer(call: Call) -> set[tuple[str, str]]:
    """Return the short ids in an answer that were not asked for, each after its kind of object."""
    if call.answer.outcome is not Outcome.OK:
        return set()
    sent = {str(value) for value in call.arguments.values()}
    found = call.answer.paths()
    has_id = any(path == "id" for path, _ in found)
    return {
        (kind_of_field(path, call.operation, has_id=has_id), value)
        for path, value in found
        if is_short_id(value)
        and value not in sent
        and (is_id_path(path) or (is_code_path(path) and not value.isdigit()))
    }


def codes_in_answer(call: Call) -> set[str]:
    """Return the codes that an answer gave to a user, e.g. `U-WBQV8V6`: not what they had sent."""
    if call.answer.outcome is not Outcome.OK or call.actor.user is None:
        return set()
    sent = {str(value) for value in call.arguments.values()}
    return {
        value
        for path, value in call.answer.paths()
        if is_code_path(path) and is_code(value) and value not in sent
    }


@dataclass(slots=True)
class _Numbers:
    """Which users were given which numbers as ids, by kind of object."""

    given: defaultdict[str, defaultdict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def take(self, call: Call) -> None:
        if call.actor.user is not None:
            for kind, value in numbers_in_answer(call):
                self.given[kind][value].add(call.actor.user)

    def compare(self, foreign: str, missing: str, kind: str, known: frozenset[str]) -> _Known:
        """Return the holders of the one number, if the other one has none.

        A number that several users were given, each for an object of their own, shows nothing; nor
        does one that a user was given before this history began.
        """
        kinds = [each for each in self.given if kind in ("", each) or not each]
        guessed = not kinds
        kinds = kinds or list(self.given)
        if any(
            f"{each} {value}" in known
            for each in {*kinds, kind, ""}
            for value in (foreign, missing)
        ):
            return _Known(frozenset(), guessed)
        if any(self.given[each].get(missing) for each in kinds):
            return _Known(frozenset(), guessed)
        holders = {user for each in kinds for user in self.given[each].get(foreign, ())}
        return _Known(frozenset(holders), guessed)


@dataclass(frozen=True, slots=True)
class _Known:
    """Users who hold a number; guessed where none was ever given as an id of that kind."""

    holders: frozenset[str]
    guessed: bool


def _note_planted(call: Call, owners: dict[str, str]) -> None:
    """A marker belongs to the user who sent it, e.g. as an idempotency key."""
    for value in identifiers_of(call.arguments):
        if is_marker(value) and call.actor.user is not None:
            owners.setdefault(value, call.actor.user)


def _comparable(
    foreign: Call,
    missing: Call,
    owners: Mapping[str, str],
    numbers: _Numbers,
    known: frozenset[str],
) -> bool:
    """Return whether the calls differ in one id alone: the victim's, and one of no object."""
    one, other = foreign.arguments, missing.arguments
    if foreign.operation != missing.operation or set(one) != set(other):
        return False
    differing = [name for name in one if one[name] != other[name]]
    if len(differing) != 1 or foreign.probe is None:
        return False
    (name,), victim = differing, foreign.probe.victim
    if any(each != name and one[each] in (one[name], other[name]) for each in one):
        # "These are the same contact" tells that one thing was named twice.
        return False
    first, second = _apart(one[name], other[name])
    short, other_short = _single(first), _single(second)
    if is_short_id(short) and is_short_id(other_short):
        kind = kind_of_argument(name, foreign.operation)
        held = numbers.compare(short, other_short, kind, known)
        # Whatever is shown at a number that is perhaps of another kind is perhaps for every user.
        shown = held.guessed and foreign.answer.outcome is Outcome.OK
        return held.holders == {victim} and not shown
    theirs = {owners.get(value) for value in identifiers_of(first) or {short}}
    nobodys = {owners.get(value) for value in identifiers_of(second) or {other_short}}
    return theirs == {victim} and nobodys == {None}


def _takes_names(taken: Call, free: Call, owners: Mapping[str, str]) -> bool:
    """Return whether the calls differ in words alone: of the victim's, and new ones."""
    one, other = taken.arguments, free.arguments
    if taken.operation != free.operation or set(one) != set(other) or taken.probe is None:
        return False
    differing = [name for name in one if one[name] != other[name]]
    theirs = {owners.get(value) for name in differing for value in identifiers_of(one[name])}
    new = {owners.get(value) for name in differing for value in identifiers_of(other[name])}
    return (
        theirs == {taken.probe.victim}
        and new <= {None, free.actor.user}
        and conclusive(taken.answer)
        and conclusive(free.answer)
    )


def _named(call: Call) -> set[str]:
    """The values of a call's arguments; of a list each."""
    return {
        str(each)
        for value in call.arguments.values()
        for each in (value if isinstance(value, list) else [value])
    }


def _apart(one: object, other: object) -> tuple[object, object]:
    """Return what two arguments differ in: of lists the elements that one of them has alone."""
    if not (isinstance(one, list) and isinstance(other, list)):
        return one, other
    return [each for each in one if each not in other], [each for each in other if each not in one]


def _single(value: object) -> str:
    """An argument as text; the one element of a list as the element."""
    return str(value[0]) if isinstance(value, list) and len(value) == 1 else str(value)


class Existence:
    """Fires when a foreign id and a missing id can be told apart."""

    name = "existence"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each pair of answers that differ."""
        found = []
        steady = _steady_headers(history)
        for pair in _pairs(history):
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
        return [*found, *self._counted(history)]

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

    def opportunities(self, history: History) -> Counter[str]:
        """Count the compared pairs whose owner is served that id by that operation as well."""
        served = {
            (call.actor.user, call.operation, value)
            for call in history
            if call.answer.outcome is Outcome.OK and call.actor.user == call.actor.claims
            for value in _named(call)
        }
        return Counter(
            pair.foreign.operation
            for pair in _pairs(history)
            if pair.foreign.probe is not None
            and any(
                (pair.foreign.probe.victim, pair.foreign.operation, value) in served
                for value in _named(pair.foreign) - _named(pair.missing)
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
    return _Pair.of(first, second).told_apart_by(_steady_headers(history))


def times(history: History) -> dict[str, list[tuple[float, float]]]:
    """Operation to the seconds that each pair of calls took: foreign id, missing id."""
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for pair in _pairs(history):
        seconds = [each.ended - each.started for each in (pair.foreign, pair.missing)]
        found[pair.foreign.operation].append((seconds[0], seconds[1]))
    return found


def _steady_headers(history: History) -> frozenset[str]:
    """Headers whose values come again: not new for each answer, as a counter's or a nonce's are."""

    def begin(_: History) -> Callable[[Call], dict[str, Counter[str]]]:
        values: dict[str, Counter[str]] = {}

        def take(call: Call) -> dict[str, Counter[str]]:
            for name, value in call.answer.headers.items():
                values.setdefault(name, Counter())[_masked_header(value)] += 1
            return values

        return take

    counted = history.followed("values of headers", begin)
    return frozenset(
        name
        for name, seen in (counted[-1] if counted else {}).items()
        if 2 * len(seen) <= seen.total()
    )


@lru_cache(maxsize=4_096)
def _masked_header(value: str) -> str:
    return substituted(without_times(value), lambda _: "*")


def _observable(call: Call, asked: set[str]) -> dict[str, str]:
    masked = identifiers_of(call.arguments) | identifiers_of(call.answer.body)

    def mask(value: object) -> str:
        text = json.dumps(value, sort_keys=True, default=str)
        # As a whole at first: a part of it may look like an id of its own.
        for each in sorted(asked, key=len, reverse=True):
            if len(each) > 3:
                text = text.replace(json.dumps(each)[1:-1], "*")
        for token in sorted(masked, key=len, reverse=True):
            text = re.sub(re.escape(token), "*", text, flags=re.IGNORECASE)
        for each in asked:
            text = re.sub(rf"(?<![\w]){re.escape(each)}(?![\w])", "*", text)
        for supplied in strings_in(call.arguments):
            if len(supplied) > 3:
                text = text.replace(json.dumps(supplied)[1:-1], "*")
        return without_times(text)

    answer = call.answer
    return {
        "status": str(answer.status),
        "code": mask(answer.code),
        "message": mask(answer.message),
        "body": mask(answer.body),
        **{
            f"{_HEADER}{name}": mask(_masked_header(value))
            for name, value in answer.headers.items()
            if shows(name)
        },
    }
