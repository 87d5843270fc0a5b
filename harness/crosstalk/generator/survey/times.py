"""Times at which two users have something: a day on which a reader has nothing, and a clash.

What is free on a day is read where nothing of the reader's is in the way, before and after another
user stores something then. One more stores at the same time: what clashes is told by its name, or
by a refusal that the same call at another time does not meet.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import day_of_its_own, map_markers
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, makers
from crosstalk.generator.examples.honest_calls import read_again
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.readings import Reading
from crosstalk.generator.examples.valued_readings import on_day, valued_readings
from crosstalk.generator.survey.names import said_in_words, words_in
from crosstalk.generator.values.forms.words import names_among
from crosstalk.oracles.pair import Pair
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Role

NAME = "times"
# Something that is stored, by two users.
_LEAST_CALLS = 4
# Operations that store at a time, and readings of a day around each of them.
_MOST_STORED, _MOST_READINGS = 3, 2
# A time, and the characters of its day.
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?!\d)")
_DAY, _ANY_DAY = 10, day_of_its_own(0)


class TimesPart:
    """Has two users store at a time of which neither has anything, while a third reads that day."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Do it by each operation that stores something at a time, where that was not done yet.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        begun = example.state.executor.calls_made
        provision = Provision.by(example, users.drawer)
        made = 0
        for operation in (*example.capabilities.creators, *makers(example)):
            if made >= _MOST_STORED or users.spent(begun, most):
                return
            done = example.state.choices[NAME, operation.name]
            if done or operation.conversational:
                continue
            if not on_a_day(operation, users.own(operation, users.victim).arguments, _ANY_DAY):
                continue
            for actor in (users.victim, users.attacker):
                if not users.able(operation, actor, listed=False):
                    provision.for_call(operation, actor)
                if not users.able(operation, actor, listed=False):
                    # The second would book the same entry of a catalogue again.
                    break
            else:
                example.state.choices[NAME, operation.name] += 1
                made += 1
                _meet(users, operation, provision)


def _meet(users: Arrangement, operation: Operation, provision: Provision) -> None:
    """Have both store by an operation at one time, while a third reads that day."""
    example, victim, attacker = users.example, users.victim, users.attacker
    day, other_day = (day_of_its_own(users.random.getrandbits(32)) for _ in range(2))
    if users.ended:
        return
    # Whoever reads that day has said it, and a clash tells that user nothing new.
    reader = next((e for e in example.members if e not in (victim, attacker)), attacker)
    readings = _of_that_day(users, reader, day)
    key = example.next_probe()
    before, acting = (
        Probe("ownership", key, "before", reader.name),
        Probe("ownership", key, "attack", reader.name),
    )
    first = example.execute_all(
        [PlannedCall(reader, each.name, asked, before) for each, asked in readings]
    )
    for again in (False, True):
        if again:
            # What it names may be gone by now.
            provision.another(operation, victim)
        said = said_in_words(users, operation, victim)
        told = {**said, **on_a_day(operation, said, day)}
        stored = example.execute(PlannedCall(victim, operation.name, told, acting))
        if stored.answer.outcome is Outcome.OK or not required_references(operation):
            break
    if stored.answer.outcome is not Outcome.OK or users.ended:
        return
    if readings:
        example.note_steady([*first, *read_again(example, readings, reader, key)])
        example.judge_soon(after=1)
    if not users.ended:
        _clash(users, operation, stored, other_day)


def _clash(users: Arrangement, operation: Operation, stored: Call, other_day: str) -> None:
    """Have the attacker store at the time at which the victim has, under a name of their own, and
    at another time where that is answered otherwise.

    Args:
        users: Who act.
        operation: By which it is stored.
        stored: The victim's call.
        other_day: On which no user has anything.
    """
    example, attacker = users.example, users.attacker
    words = words_in(operation, stored.arguments)
    named = {each.name for each in required_references(operation)}
    drawn = users.own(operation, attacker).arguments
    own: dict[str, Any] = {name: drawn[name] for name in named if name in drawn}
    own |= _in_own_words(users, words, names_among(operation, stored.arguments), attacker)
    same = {**stored.arguments, **own, **example.with_identity(operation, attacker)}
    number = example.next_probe()
    taken = Probe("names", number, "foreign", users.victim.name)
    call = example.execute_spoilt(PlannedCall(attacker, operation.name, same, taken))
    if users.ended or not Pair.of(call, stored).plain:
        return
    free = {**same, **on_a_day(operation, same, other_day)}
    missing = Probe("names", number, "missing", users.victim.name)
    example.execute_spoilt(PlannedCall(attacker, operation.name, free, missing))


def _in_own_words(
    users: Arrangement, words: Mapping[str, str], names: Collection[str], user: Actor
) -> dict[str, str]:
    """Return what names an object, with words of a user's own: the place stays the same."""

    def new(_: str) -> str:
        return users.example.state.plant(user.name)

    return {each: map_markers(words[each], new) for each in names if each in words}


def _of_that_day(users: Arrangement, reader: Actor, day: str) -> list[Reading]:
    """Return what a user can read of one day, without the name of an object."""
    found: list[Reading] = []
    for operation, asked in valued_readings(users.example, users.drawer, reader):
        then = on_day(operation, asked, day)
        if then and (operation, then) not in found:
            found.append((operation, then))
    return found[:_MOST_READINGS]


def on_a_day(operation: Operation, said: Mapping[str, Any], day: str) -> dict[str, str]:
    """Return the times of a call on a day of its own, as far apart as they were.

    Args:
        operation: What is called.
        said: Its arguments.
        day: The day of the earliest.
    """
    days = {}
    for each in operation.parameters:
        text = said.get(each.name)
        if each.role is Role.VALUE and isinstance(text, str) and _TIME.match(text):
            try:
                days[each.name] = date.fromisoformat(text[:_DAY])
            except ValueError:
                continue
    if not days:
        return {}
    began, begins = min(days.values()), date.fromisoformat(day)
    return {
        name: (begins + (known - began)).isoformat() + str(said[name])[_DAY:]
        for name, known in days.items()
    }
