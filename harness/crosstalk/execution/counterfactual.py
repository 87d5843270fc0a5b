"""The counterfactual of a suspicion: the same calls with the act that should explain it left out.

A suspicion that shows all the same has another cause: the victim's own reading changed the victim's
log, an error text holds the time, a value is the same for every user.

- Ownership: the other users' calls between the victim's two readings are left out, and the victim
  reads again some time later: what comes about by itself is no user's act.
- Existence: a second id that no object has takes the place of the other user's; and the caller
  makes the call that gave the id to its owner: what is given to both is a catalogue's.
- Canary: all calls of the value's owner are left out, and made after that.
- Identity: a call that is served without a valid credential has no counterfactual.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import (
    identifiers_of,
    is_marker,
    map_strings,
    markers_in,
    missing_like,
    redated,
    remarked,
    remarked_cut,
    strings_in,
    substituted,
)
from crosstalk.core.script import Script, Step, filled, references_in, with_subjects
from crosstalk.execution.cause import calls_by_others
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import Suspicion
from crosstalk.oracles.existence import told_apart
from crosstalk.oracles.observation import general, identifiers_shown, without_times
from crosstalk.oracles.pair import without_log

# What differs by chance may be the same once.
_COMPARISONS = 3
# The number of a step that is added to a script: no other has it.
_FREE = 0
# Seconds after which the victim reads once more, and how many times as long as between the readings
# that differ.
_SHORT_WAIT, _LONG_WAIT, _TIMES_AS_LONG = 0.3, 1.0, 2
# A text of so few characters stands in others by chance: `${1.id}` is longer.
_SHORT = 5


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Replays the counterfactual of a suspicion.

    Attributes:
        run: Replays a script on fresh subjects; None where a step cannot be made.
        run_in_words: The same with the salt of another replay, so that the words are the same.
        left: Returns the ids that only runs before a replay had: a cache may show them to all.
    """

    run: Callable[[Script], History | None]
    run_in_words: Callable[[Script, int], History | None] | None = None
    left: Callable[[History], Collection[str]] = lambda _: ()

    def shows(self, script: Script, history: History, suspicion: Suspicion) -> bool:
        """Return whether it shows all the same with the act left out.

        Args:
            script: Shows the suspicion; its steps are the calls of the history.
            history: A replay of the script.
            suspicion: Of that history.
        """
        if suspicion.oracle == "ownership":
            return self._changes(script, history, suspicion)
        if suspicion.oracle == "existence":
            return self._differs(script, history, suspicion)
        if suspicion.oracle == "canary":
            return self._reaches(script, history, suspicion)
        return False

    def _run_again(self, script: Script, salt: int) -> History | None:
        if self.run_in_words is None:
            return self.run(script)
        return self.run_in_words(script, salt)

    def _changes(self, script: Script, history: History, suspicion: Suspicion) -> bool:
        """Return whether the victim's reading changes when no other user acts in between."""
        first, last = suspicion.calls[0], suspicion.calls[-1]
        before, after = (history.calls[each - 1] for each in (first, last))
        act = calls_by_others(script, before.actor.user, (first, last))
        without = script.without(*act)
        replayed = None if without is None else self.run(without)
        if without is None or replayed is None:
            return False
        one, other = (_at(replayed, without, script.steps[each - 1]) for each in (first, last))
        if one is None or other is None:
            return False
        if _differing(*without_log(before, after)) <= _differing(*without_log(one, other)):
            return True
        first_told, then_told = (_told(each, script, history.salt) for each in (before, after))
        told = [_told(each, without, replayed.salt) for each in (one, other)]
        # Where nothing is reset, what an earlier replay's act has set is there from the beginning.
        if first_told == then_told or first_told not in told:
            return False
        if _served_with_anothers(script, history, act, before.actor.user):
            return False
        told += self._read_later(without, script.steps[last - 1], before, after)
        return then_told in told[told.index(first_told) :]

    def _read_later(self, without: Script, reading: Step, before: Call, after: Call) -> list[str]:
        """Return what the victim reads some time later, though no other user acts: a job that was
        started is done.
        """
        waits = (max(_SHORT_WAIT, _TIMES_AS_LONG * (after.started - before.ended)), _LONG_WAIT)
        later = [
            replace(reading, number=-place, probe=None, together=0, after=min(each, _LONG_WAIT))
            for place, each in enumerate(waits, start=1)
        ]
        readings = Script((*without.steps, *later))
        replayed = self.run(readings)
        if replayed is None:
            return []
        return [_told(each, readings, replayed.salt) for each in replayed.calls[-len(later) :]]

    def _differs(self, script: Script, history: History, suspicion: Suspicion) -> bool:
        """Return whether two ids that no object has are told apart by all that tells the pair."""
        pair = {
            call.probe.part: call
            for call in (history.calls[each - 1] for each in suspicion.calls)
            if call.probe is not None
        }
        if set(pair) != {"foreign", "missing"}:
            return False
        foreign, missing = pair["foreign"], pair["missing"]
        if self._given_to_all(script, foreign, missing):
            return True
        unexplained = set(told_apart(history, foreign, missing))
        for _ in range(_COMPARISONS):
            two_missing = _with_second_missing(script, foreign, missing)
            replayed = self.run(two_missing)
            if replayed is None:
                return False
            one, other = (replayed.calls[each.index - 1] for each in (foreign, missing))
            unexplained -= set(told_apart(replayed, one, other))
        return not unexplained

    def _given_to_all(self, script: Script, foreign: Call, missing: Call) -> bool:
        """Return whether the caller is given that id by the call that gave it to the victim.

        An entry of a catalogue is no user's own; an object that a user stored is given to no other
        user who stores the same, unless it is called by what they said: an address, a slug.
        """
        step = script.steps[foreign.index - 1]
        victim = foreign.probe.victim if foreign.probe is not None else ""
        named = {
            name: value
            for name, value in step.arguments.items()
            if foreign.arguments[name] != missing.arguments.get(name)
        }
        for number, path in sorted(references_in(named)):
            place = script.numbers().index(number)
            origin = script.steps[place]
            if origin.actor.user != victim:
                continue
            asked = with_subjects(origin.arguments, {victim: step.actor.claims})
            mine = replace(
                origin, number=_FREE, actor=step.actor, arguments=asked, probe=None, together=0
            )
            replayed = self.run(Script((*script.steps[: foreign.index - 1], mine)))
            if replayed is None:
                continue
            theirs, own = (replayed.calls[each].answer.paths() for each in (place, -1))
            sent = replayed.calls[place].arguments
            wanted = {
                value for where, value in theirs if where == path and not _made_of(value, sent)
            }
            if any(value in wanted and general(where) == general(path) for where, value in own):
                return True
        return False

    def _reaches(self, script: Script, history: History, suspicion: Suspicion) -> bool:
        """Return whether the values reach the caller before their owners make any call."""
        index = suspicion.calls[-1]
        caller = history.calls[index - 1].actor
        foreign = _foreign(history, index)
        if any(is_marker(value) for value, _ in foreign):
            # What a user planted is no value of the system's, be it kept from an earlier replay.
            return False
        if known_before(history) & {value for value, _ in foreign}:
            # Its owner made no call for it to be there, and another user's listing lacks it.
            return False
        owners = {owner for _, owner in foreign}
        acts = [each.number for each in script.steps if each.actor.user in owners]
        without = in_words(script, history, acts).without(*acts)
        alone = None if without is None else self.run(without)
        # Only then: where nothing is reset, what was stored first would still be shown.
        # In the same words: what the system makes of them, a slug or a digest, is the same for all.
        again = None if alone is None else self._run_again(script, alone.salt)
        if alone is None or again is None:
            return False
        shown: set[str] = set()
        for call in alone:
            if call.actor == caller:
                shown |= identifiers_shown(call.answer)
        crossed = {value for value, _ in _foreign(again, index)}.difference(self.left(again))
        return bool(crossed) and crossed <= shown


def known_before(history: History) -> set[str]:
    """Return the ids and fields of the objects that existed before, with a known owner."""
    ids = {value for each in history.owned for value in (each.id, *identifiers_of(each.id))}
    return ids | {text for each in history.owned for _, text in each.details}


def _foreign(history: History, index: int) -> tuple[tuple[str, str], ...]:
    """Return the values of other users in the answer to a call, each with its owner."""
    return next((each.foreign for each in observations(history) if each.call.index == index), ())


def in_words(script: Script, history: History, acts: Collection[int]) -> Script:
    """Return the script with words in the place of references to them in these steps' answers.

    Words that a user chose, a path or a title, can be said by any user; an id that the system made
    is there for its owner's act alone, and stays a reference.
    """
    answers = dict(zip(script.numbers(), history, strict=False))

    def of_answer(number: int, path: str) -> str:
        found = dict(answers[number].answer.paths()).get(path, "") if number in acts else ""
        if not markers_in(found):
            return f"${{{number}.{path}}}"
        return remarked(found, history.salt)

    return Script(
        tuple(
            replace(each, arguments=filled(each.arguments, of_answer, lambda name: None))
            for each in script.steps
        )
    )


def _made_of(value: str, sent: Any) -> bool:
    """Return whether a value holds a word that a user made up for the call, or the end of one.

    An entry of a catalogue that was sent is no such word.
    """
    said = {each.lower() for each in strings_in(sent)}
    words = {each for text in said for each in markers_in(text)}
    words |= {each for each in said if remarked_cut(each, {}, 1) != each}
    return any(each in value.lower() for each in words)


def _with_second_missing(script: Script, foreign: Call, missing: Call) -> Script:
    """Return the script with a second missing id in place of the other user's.

    The caller's earlier calls hold it as well: what the caller has stored is known to the system
    for that alone, whosever id it is.
    """
    step = script.steps[foreign.index - 1]
    said = step.arguments
    second: dict[str, Any] = {}
    for name, value in foreign.arguments.items():
        other = missing.arguments[name]
        if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
            # What both lists hold is the caller's own, and so is what the caller was given.
            places = zip(said[name], value, other, strict=True)
            second[name] = [
                kept if one == two or _is_own(kept, step, script) else _another(two)
                for kept, one, two in places
            ]
        elif value != other:
            second[name] = _another(other)
    others = {
        said[name]: value
        for name, value in second.items()
        if isinstance(said[name], str) and isinstance(value, str) and len(said[name]) > _SHORT
    }

    def instead(text: str) -> str:
        for symbol, value in others.items():
            text = text.replace(symbol, value)
        return text

    return Script(
        tuple(
            replace(each, arguments={**each.arguments, **second})
            if each.number == step.number
            else replace(each, arguments=map_strings(each.arguments, instead))
            if each.actor == step.actor
            else each
            for each in script.steps
        )
    )


def _is_own(symbol: Any, step: Step, script: Script) -> bool:
    """Return whether an argument is what an answer gave to the caller of a step."""
    given = {script.callers.get(number) for number, _ in references_in(symbol, listed=False)}
    return given == {step.actor.user}


def _another(value: Any) -> Any:
    """Return another value of the same form that no object has."""
    if isinstance(value, list):
        return [_another(each) for each in value]
    if isinstance(value, str) and markers_in(value):
        return remarked(value, uuid.uuid4().int % 2**32)
    moved = redated(value, secrets.randbits(32)) if isinstance(value, str) else value
    return moved if moved != value else missing_like(str(value), str(uuid.uuid4()))


def _at(replayed: History, script: Script, step: Step) -> Call | None:
    """Return the call that a step became in a replay of this script."""
    numbers = script.numbers()
    return replayed.calls[numbers.index(step.number)] if step.number in numbers else None


def _served_with_anothers(
    script: Script, history: History, act: Collection[int], victim: str | None
) -> bool:
    """Return whether one of these calls was served with an id of the victim's: no more time is
    spent on what it may have changed. Words of the victim's may be those of the caller's object.
    """
    return any(
        step.number in act
        and call.answer.outcome is Outcome.OK
        and victim
        in {
            script.callers.get(number)
            for name, symbol in step.arguments.items()
            if not markers_in(str(call.arguments.get(name, "")))
            for number, _ in references_in(symbol)
        }
        for step, call in zip(script.steps, history, strict=False)
    )


def _told(call: Call, script: Script, salt: int) -> str:
    """Return what was answered as text, in the words of the script, with ids and times alike."""
    answer = call.answer
    told = [answer.outcome, answer.status, answer.code, answer.body]
    text = script.with_own_markers(json.dumps(told, sort_keys=True, default=str), salt)
    return substituted(without_times(text), lambda _: "*")


def _differing(one: Call, other: Call) -> set[str]:
    """Return the parts in which two answers differ."""
    first, second = (
        {
            # A tool's refusal has the status of any other answer.
            "outcome": call.answer.outcome,
            "status": call.answer.status,
            "code": call.answer.code,
            "body": json.dumps(call.answer.body, sort_keys=True, default=str),
            **{f"headers.{name}": value for name, value in call.answer.headers.items()},
        }
        for call in (one, other)
    )
    return {name for name in {*first, *second} if first.get(name) != second.get(name)}
