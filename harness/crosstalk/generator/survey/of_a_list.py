"""Entries of a public list that one user's objects are about, and another one for another user's.

What is counted by the entry, or put in the order of how often each is used, is the same for all
where every object is about the entry that an example gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crosstalk.core.history import Outcome
from crosstalk.core.identifiers import markers_in
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.surface.operation import Operation, Role


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
