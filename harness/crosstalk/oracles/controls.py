"""Counts, for each operation, what a history could have shown: its positive controls."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import identifiers_of, is_id_path, is_marker, last_name
from crosstalk.core.object_kinds import kind_of_argument
from crosstalk.core.verdict import Control
from crosstalk.oracles import oracles_under
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import is_empty
from crosstalk.oracles.numbers.given import numbers_in_answer
from crosstalk.surface.operation import Operation, Role

# What can say whose data is meant.
_NAMING = (Role.IDENTITY, Role.REFERENCE, Role.NAME, Role.CURSOR, Role.KEY)


def controls_of(history: History) -> dict[str, Control]:
    """Count, per operation, what this history could have shown."""
    controls: dict[str, Control] = {}
    foreign_ids = {
        # One subject may begin as another does.
        name: [
            re.compile(rf"(?<![A-Za-z0-9]){re.escape(subject)}(?![A-Za-z0-9])")
            for other, subject in history.subjects.items()
            if other != name
        ]
        for name in history.subjects
    }
    owners: dict[str, str] = {}
    # Numbers name objects of several kinds: one is known by its kind, too.
    numbers = {(each.kind, each.id): each.owner for each in history.owned}
    for seen in observations(history):
        call = seen.call
        control = controls.setdefault(call.operation, Control())
        control.calls += 1
        user = call.actor.user
        if user is not None:
            # What a user made up is that user's, e.g. a key.
            for value in filter(is_marker, call.sent):
                owners.setdefault(value, user)
        foreign = [
            *_foreign_arguments(call, owners, foreign_ids),
            *_foreign_numbers(call, numbers),
        ]
        if foreign or user is None or call.actor.claims != user:
            control.foreign_attempts += 1
        for parameter in dict.fromkeys(foreign):
            count = control.foreign_arguments.get(parameter, 0)
            control.foreign_arguments[parameter] = count + 1
        if user is not None:
            for value in seen.own:
                owners.setdefault(value, user)
            if call.actor.claims == user and not foreign:
                for kind, number in numbers_in_answer(call):
                    numbers.setdefault((kind, number), user)
        if call.answer.outcome is Outcome.OK and user is not None:
            control.answered += 1
            # Where there is nothing to show, as after a deletion, success with one's own id counts.
            named = any(owners.get(value) == user for value in call.sent)
            if call.actor.claims == user and (seen.own or named or not is_empty(call.answer.body)):
                control.own_reads += 1
    for oracle in oracles_under(history.policy):
        for name, count in oracle.opportunities(history).items():
            control = controls.setdefault(name, Control())
            control.oracles[oracle.name] = control.oracles.get(oracle.name, 0) + count
    return controls


def _foreign_arguments(
    call: Call, owners: Mapping[str, str], foreign_ids: Mapping[str, list[re.Pattern[str]]]
) -> list[str]:
    """The parameters that carry something of a user whom the caller is not."""
    user = call.actor.user
    if user is None:
        return []
    return [
        name
        for name, value in call.arguments.items()
        if any(subject.search(str(value)) for subject in foreign_ids[user])
        or any(owners.get(token, user) != user for token in identifiers_of(value))
    ]


def _foreign_numbers(call: Call, numbers: Mapping[tuple[str, str], str]) -> list[str]:
    """The parameters that carry a number by which another user's object is known."""
    user = call.actor.user
    return [
        name
        for name, value in call.arguments.items()
        if user is not None and is_id_path(last_name(name))
        for each in (value if isinstance(value, list) else [value])
        if numbers.get((kind_of_argument(name, call.operation), str(each)), user) != user
    ]


def coverage_of(
    operations: Mapping[str, Operation], controls: Mapping[str, Control]
) -> dict[str, dict[str, int]]:
    """Return how often each parameter that can name a user or an object named another user's.

    Args:
        operations: Operation name to operation.
        controls: Counts of each of them, also of one that was never called.
    """
    found = {}
    for name, operation in operations.items():
        carried = controls[name].foreign_arguments
        naming = [each.name for each in operation.parameters if each.role in _NAMING]
        found[name] = {each: carried.get(each, 0) for each in [*naming, *carried]}
    return {name: counts for name, counts in found.items() if counts}
