"""Ownership: after another user acted, what a user reads about their own data has changed.

A write's own reply proves nothing, in either direction, so the victim reads before and after and
the two readings are compared whole: status, error, body, validators and other headers. Between them
the victim does nothing else. Of headers only those are compared that do not differ by themselves.

What no reading shows, a password for one, is judged by its effect: calls of the victim's that
worked twice in a row, a login among them, must still work after another user acted.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.policy.objects import named_values, values_about, without_people
from crosstalk.core.policy.sharing import shares, works_together
from crosstalk.oracles.base import Suspicion, conclusive, is_empty
from crosstalk.oracles.pair import without_log
from crosstalk.surface.http.headers import TIMED, shows

_Key: TypeAlias = tuple[int, str, str]
# A point in time to the second is the same by chance in answers that follow each other closely.
_TIMED_SECONDS = 2.0
# Parts of a comparison in which a user reads what is theirs.
_READ = ("before", "after")
# Calls that change nothing, by their method.
_READING = re.compile(r":(?:GET|HEAD) ")


@dataclass(frozen=True, slots=True)
class _Attack:
    """Two readings of one victim, and the calls of others between them.

    Attributes:
        before: The first reading.
        after: The same call once more.
        calls: What others did between them.
        changed: Parts of the answer that differ: `status`, `code`, `body`, `headers.etag`;
            `outcome` where the call does not work any more.
        first: The victim's call before the first reading, where it had to work twice.
        steady: Calls that show that the headers which changed do not differ by themselves.
    """

    before: Call
    after: Call
    calls: list[Call]
    changed: list[str]
    first: Call | None = None
    steady: tuple[int, ...] = ()

    @property
    def by_effect(self) -> bool:
        """Return whether it is not compared what the answers show, but whether they work."""
        return self.first is not None


@dataclass(frozen=True, slots=True)
class _Difference:
    """Where two answers of one operation differ: in plain parts, or else in these headers."""

    operation: str
    plain: tuple[str, ...]
    headers: tuple[str, ...]

    @classmethod
    def of(cls, first: Call, second: Call) -> _Difference:
        """Compare the answers to two calls."""
        one, other = first.answer, second.answer
        plain = tuple(
            name
            for name, before, after in (
                ("status", one.status, other.status),
                ("code", one.code, other.code),
                ("body", _text(one.body), _text(other.body)),
            )
            if before != after
        )
        names = sorted({*one.headers, *other.headers})
        headers = tuple(each for each in names if one.headers.get(each) != other.headers.get(each))
        return cls(first.operation, plain, headers)

    def parts(self, steady: Collection[tuple[str, str]]) -> list[str]:
        """Return the parts that differ; headers only where they do not differ by themselves."""
        # A header that follows from what has changed says nothing more.
        return [*self.plain] or [
            f"headers.{name}" for name in self.headers if (self.operation, name) in steady
        ]


@dataclass(frozen=True, slots=True)
class _Window:
    """Two readings of one victim with what others did between them.

    Attributes:
        before: The first reading.
        after: The second one.
        calls: What others did.
        difference: Between the two.
        repeats: Differences between readings in a row, before others acted.
    """

    before: Call
    after: Call
    calls: list[Call]
    difference: _Difference
    repeats: tuple[_Difference, ...]

    def permitted(self, history: History) -> bool:
        """Return whether an act between the readings may change, or show in, the second one."""
        if not history.shares_anything:
            return False
        victim, after = self.after.probe.victim if self.after.probe else "", self.after
        gone = self._gone(set(history.subjects.values()))
        return any(
            _permitted(history, victim, each, gone)
            # What others store is meant to show in this reading.
            or history.permits(each.actor.user or "", victim, after.operation, None, after)
            or works_together(history, victim, each, after)
            for each in self.calls
            if _may_have_acted(each)
        )

    def _gone(self, subjects: Collection[str]) -> set[str]:
        """Return the object that the reading is about alone, where it is not served any more."""
        named = without_people(named_values(self.after), subjects)
        served = self.before.answer.outcome is Outcome.OK
        lost = served and self.after.answer.outcome is not Outcome.OK
        return set(named) if lost and len(named) == 1 else set()


def _attacks(history: History) -> list[_Attack]:
    """Readings of victims before and after an attack; found once a history."""
    return history.derived("attacks", lambda it: [*_compared(it), *_effects(it)])


def _compared(history: History) -> Iterator[_Attack]:
    steady = _steady_headers(history)
    for each in history.followed("readings", lambda it: _Readings(it).take):
        # Two readings in a row that differ say nothing about the acts of others.
        if each is None or any(repeat.parts(steady) for repeat in each.repeats):
            continue
        if not each.permitted(history):
            changed = each.difference.parts(steady)
            named = [part.removeprefix("headers.") for part in changed if "headers." in part]
            places = [(each.difference.operation, name) for name in named]
            shown = sorted({index for place in places for index in steady[place]})
            yield _Attack(each.before, each.after, each.calls, changed, steady=tuple(shown))


class _Readings:
    """Takes the calls of a history in order, and finds readings before and after others acted."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._before: dict[_Key, Call] = {}
        self._repeats: defaultdict[_Key, tuple[_Difference, ...]] = defaultdict(tuple)

    def take(self, call: Call) -> _Window | None:
        """Return the window that the next call closes, if it closes one."""
        probe = call.probe
        if probe is None or probe.kind != "ownership":
            return None
        key = (probe.key, call.operation, _text(call.arguments))
        first = self._before.get(key)
        if probe.part == "before":
            if first is not None:
                self._repeats[key] += (_Difference.of(*without_log(first, call)),)
            self._before[key] = call
            return None
        if probe.part != "after" or first is None:
            return None
        between = self._history.calls[first.index : call.index - 1]
        meddled = any(
            each.actor.user == probe.victim and each.probe not in (first.probe, probe)
            for each in between
        )
        acts = [each for each in between if each.actor.user != probe.victim]
        if meddled or not acts or not (conclusive(first.answer) and conclusive(call.answer)):
            return None
        difference = _Difference.of(*without_log(first, call))
        return _Window(first, call, acts, difference, self._repeats[key])


def _effects(history: History) -> Iterator[_Attack]:
    """Calls of victims that worked twice, and were made again after others acted."""
    worked: defaultdict[_Key, list[Call]] = defaultdict(list)
    for call in history:
        probe = call.probe
        if probe is None or probe.kind != "effect":
            continue
        arguments = json.dumps(call.arguments, sort_keys=True, default=str)
        key = (probe.key, call.operation, arguments)
        if probe.part == "before":
            worked[key].append(call)
        elif probe.part == "after" and len(worked[key]) > 1 and conclusive(call.answer):
            first, second = worked[key][-2:]
            if any(each.answer.outcome is not Outcome.OK for each in (first, second)):
                continue
            between = history.calls[second.index : call.index - 1]
            acts = [each for each in between if each.actor.user != probe.victim]
            meddled = any(
                each.actor.user == probe.victim
                and (
                    each.probe is None or (each.probe.kind, each.probe.key) != ("effect", probe.key)
                )
                for each in between
            )
            shared = acts if history.shares_anything else ()
            permitted = any(_permitted(history, probe.victim, each) for each in shared)
            if acts and not meddled and not permitted:
                works = call.answer.outcome is Outcome.OK
                yield _Attack(second, call, acts, [] if works else ["outcome"], first)


def _may_have_acted(call: Call) -> bool:
    """Return whether a call may have changed anything: what was refused explains no difference.

    A failure inside the system says nothing about what it had done before.
    """
    refused = call.answer.outcome in (Outcome.ERROR, Outcome.REFUSED, Outcome.LIMITED)
    return not refused or (call.answer.status or 0) >= 500


def _permitted(history: History, victim: str, act: Call, gone: Collection[str] = ()) -> bool:
    """Return whether an act may change what is the victim's, or shares it."""
    # One act stands between many readings.
    known: dict[tuple[str, int], bool] = history.derived("permitted acts", lambda _: {})
    key = victim, act.index
    if key not in known:
        about = values_about(act, set(history.subjects.values()))
        asked = (victim, act.actor.user, act.operation, about, act)
        known[key] = history.permits(*asked, change=True)
    return known[key] or shares(history, victim, act, gone)


def _steady_headers(history: History) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Operation and header whose value comes again in equal answers, and never differs in them,
    each with the two calls that show it.

    A nonce never comes again; a counter of requests differs between equal answers.
    """
    latest = history.followed("steady headers", lambda _: _HeaderWatch().take)
    return latest[-1]() if latest else {}


class _HeaderWatch:
    """Takes the calls of a history in order, and compares the headers of equal answers."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str | None, str, str], tuple[Call, str]] = {}
        # User to the index of that user's latest call, and of the latest that may have changed
        # something: a validator may count changes that its list does not show.
        self._acted: dict[str | None, int] = {}
        self._changed: dict[str | None, int] = {}
        self._steady: dict[tuple[str, str], tuple[int, int]] = {}
        self._differing: set[tuple[str, str]] = set()

    def take(self, call: Call) -> Callable[[], Mapping[tuple[str, str], tuple[int, int]]]:
        """Take the next call; return what says which headers are steady by now."""
        user = call.actor.user
        key = (user, call.operation, _text(call.arguments))
        body = _text(call.answer.body)
        last, said = self._latest.get(key, (None, ""))
        self._latest[key] = call, body
        if last is not None and said == body:
            others = [index for each, index in self._acted.items() if each != user]
            alone = all(index <= last.index for index in (*others, self._changed.get(user, 0)))
            self._compare(last, call, alone=alone)
        self._acted[user] = call.index
        if not _READING.search(call.operation):
            self._changed[user] = call.index
        return self.steady

    def steady(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        """Return operation and header of what is steady, with the two calls that show it."""
        return {
            place: calls for place, calls in self._steady.items() if place not in self._differing
        }

    def _compare(self, last: Call, call: Call, *, alone: bool) -> None:
        for name in {*last.answer.headers, *call.answer.headers}:
            if not shows(name):
                continue
            place = (call.operation, name)
            if last.answer.headers.get(name) == call.answer.headers.get(name):
                if name not in TIMED or call.started - last.started >= _TIMED_SECONDS:
                    self._steady.setdefault(place, (last.index, call.index))
            elif alone:
                self._differing.add(place)


def _blamed(calls: Sequence[Call]) -> Call:
    """Return the latest act that was part of a comparison: what else others did was beside it.

    What another user reads to compare it later is no act.
    """
    compared = (
        each for each in reversed(calls) if each.probe is not None and each.probe.part not in _READ
    )
    return next(compared, calls[-1])


def _text(body: object) -> str:
    return json.dumps(body, sort_keys=True, default=str)


class Ownership:
    """Fires when a user's own reading changes through another user's calls."""

    name = "ownership"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each reading that changed."""
        found = []
        for each in _attacks(history):
            if not each.changed:
                continue
            first, second = each.before, each.after
            who = ", ".join(sorted({call.actor.name for call in each.calls}))
            victim = first.probe.victim if first.probe else first.actor.name
            if each.by_effect and each.first is not None:
                found.append(
                    Suspicion(
                        self.name,
                        _blamed(each.calls).operation,
                        (
                            each.first.index,
                            first.index,
                            *(call.index for call in each.calls),
                            second.index,
                        ),
                        f"{second.operation} does not work for {victim} any more after {who} acted",
                    )
                )
                continue
            headers = [part for part in each.changed if part.startswith("headers.")]
            by = f" ({', '.join(headers)})" if headers else ""
            found.append(
                Suspicion(
                    self.name,
                    _blamed(each.calls).operation,
                    (first.index, *(call.index for call in each.calls), second.index),
                    f"what {victim} reads with {second.operation} changed{by} after {who} acted",
                    besides=each.steady,
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Calls made between two readings that showed the victim something of their own."""
        made = {
            (call.index, call.operation)
            for each in _attacks(history)
            if each.by_effect or _shows_something(each.before.answer)
            for call in each.calls
        }
        return Counter(operation for _, operation in made)


def _shows_something(answer: Answer) -> bool:
    return answer.outcome is Outcome.OK and not is_empty(answer.body)
