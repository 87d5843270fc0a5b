"""Entries of a public list that one user's objects are about, and another one for another user's.

What is counted by the entry, or put in the order of how often each is used, is the same for all
where every object is about the entry that an example gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crosstalk.core.history import Outcome, Probe
from crosstalk.core.identifiers import markers_in
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, makers
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.honest_calls import in_words_of
from crosstalk.generator.examples.readings import stored_by
from crosstalk.generator.values.other_values import larger_values
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Role

# The largest number, so often, is more than the largest and the reader's.
_TIMES = 2


def other_entries(
    example: ExampleRun, operation: Operation, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Return arguments with the last of the other entries that a list has shown beside theirs.

    Args:
        example: Knows what lists have shown, and which arguments take an entry of one.
        operation: That takes them.
        arguments: Of a call that was served.
    """
    found = dict(arguments)
    for each in operation.parameters:
        value = arguments.get(each.name)
        named = each.role in (Role.TEXT, Role.VALUE) and "enum" not in each.schema
        if not (named and isinstance(value, str) and value) or markers_in(value):
            continue
        if not example.state.knowledge.lists(operation, each):
            continue
        others = [one for one in _beside(example, value) if not markers_in(one)]
        found[each.name] = others[-1] if others else value
    return found


def _beside(example: ExampleRun, value: str) -> list[str]:
    """Return the other values of the field under which the newest list shows this one."""
    operations = example.state.executor.operations
    for call in reversed(example.history.calls):
        operation = operations.get(call.operation)
        if operation is None or not operation.lists or call.answer.outcome is not Outcome.OK:
            continue
        for rows in _rows(call.answer.body):
            fields = [name for row in rows for name, one in row.items() if one == value]
            texts = [row.get(name) for name in fields[:1] for row in rows]
            others = [one for one in texts if isinstance(one, str) and one != value]
            if others:
                return others
    return []


def _rows(body: Any) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the lists of objects in an answer."""
    if isinstance(body, list):
        yield [each for each in body if isinstance(each, Mapping)]
    for each in body.values() if isinstance(body, Mapping) else ():
        yield from _rows(each)


def raise_another(users: Arrangement, key: int) -> None:
    """Have the other store what the reader has done nothing with, in the same words, and put the
    largest number into that: where all of a kind are put in order by such numbers over all users,
    it comes before what the reader has put a number into.

    Args:
        users: Who act.
        key: Of the comparison.
    """
    example, reader, other = users.example, users.victim, users.attacker
    probe = Probe("ownership", key, "attack", reader.name)
    known = example.state.reaching_others()
    stored = list(stored_by(example, reader))
    for inside in makers(example):
        given = [each.arguments for each in stored if each.operation == inside.name]
        named = required_references(inside)
        numbers = given and larger_values(inside, given[0]) != given[0]
        if users.ended or not numbers or len(named) != 1 or inside.name in known:
            continue
        busy = {str(each.get(named[0].name)) for each in given}
        made = {each.operation for each in stored if busy & each.texts} - {inside.name}
        idle = [each for each in stored if each.operation in made and busy.isdisjoint(each.texts)]
        creators = [
            e for e in example.capabilities.creators if idle and e.name == idle[0].operation
        ]
        for creator in creators:
            drawn = users.own(creator, other)
            same = in_words_of(example, idle[0].arguments, drawn).arguments
            said = {**same, **example.with_identity(creator, other)}
            call = example.execute(PlannedCall(other, creator.name, said, probe))
            if call.answer.outcome is Outcome.OK and not users.ended:
                most = larger_values(inside, users.own(inside, other).arguments)
                for _ in range(_TIMES):
                    example.execute_spoilt(PlannedCall(other, inside.name, most, probe))
            return
