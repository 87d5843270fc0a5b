"""Readings of everything that is one user's own: lists, small pages, searches, details.

What another user's activity changes may show in any of them, and in one form of it alone: in the
second page and not in the first, in a search and not in the list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from crosstalk.core.history import Actor, Answer, Call, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import CURSOR_FIELD, noun_of, singular
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import (
    needs_values,
    observation_arguments,
    page_size,
    required_references,
    smallest_page,
)
from crosstalk.surface.operation import Operation, Parameter, Role

# Values of one reading's options that are tried, one at a time.
_MOST_OPTIONS = 6
_FEW_PAGES = 2
# An operation and its arguments.
Reading: TypeAlias = tuple[Operation, dict[str, Any]]


def all_readings(example: ExampleRun, reader: Actor, *, switches: bool = True) -> list[Reading]:
    """Return the calls that show a user everything that is theirs, each form of it once.

    Args:
        example: The example, which knows the user's objects.
        reader: Who reads.
        switches: Whether lists are read with their options as well.
    """
    found: list[Reading] = []
    # On few calls the largest page and the smallest.
    most = _FEW_PAGES if example.state.is_short else None
    for operation in example.state.observations:
        if example.state.is_short and example.state.shows_nothing(operation):
            continue
        asked = observation_arguments(operation, example.history, reader)
        found += [(operation, each) for each in list(_pages(operation, asked))[:most]]
        if switches:
            taught = example.state.knowledge.listed_by_refusals
            given = [*options(operation, taught), *filters(example, operation, reader)]
            found += [(operation, {**asked, **each}) for each in given]
    for operation in example.capabilities.protected:
        query = operation.parameter(Role.QUERY)
        if query is None or not reads_by_itself(operation):
            continue
        asked = {
            **observation_arguments(operation, example.history, reader),
            query.name: COMMON_WORD,
        }
        pages = list(_pages(operation, asked))
        # The list by itself is read by pages of every size.
        paged = operation not in example.state.observations or not example.state.is_short
        found += [(operation, each) for each in (pages[:most] if paged else pages[:1])]
    for operation in example.capabilities.details:
        (reference,) = required_references(operation)
        mine = example.pool.references(reader.name, reference, operation.name, guess=False)
        # Without the month that it needs it is refused: `valued_readings` have one.
        if mine and not needs_values(operation):
            asked = observation_arguments(operation, example.history, reader)
            named = [mine[-1]] if reference.many else mine[-1]
            # What stands inside an object can be a list with pages, too.
            found += [(operation, p) for p in _pages(operation, {**asked, reference.name: named})]
    return found


def details_of(example: ExampleRun, owner: Actor, named: str) -> list[Operation]:
    """Return what shows one object of a user's by its id."""
    return [
        each
        for each in example.capabilities.details
        for reference in required_references(each)
        if not each.conversational
        and named in example.pool.references(owner.name, reference, each.name, guess=False)
    ]


def detail(example: ExampleRun, operation: Operation, reader: Actor, named: str) -> PlannedCall:
    """Return the call by which a user reads one object."""
    (reference,) = required_references(operation)
    asked = observation_arguments(operation, example.history, reader)
    if needs_values(operation):
        asked = {**_values_served(example, operation), **asked}
    value = [named] if reference.many else named
    return PlannedCall(reader, operation.name, {**asked, reference.name: value})


def _values_served(example: ExampleRun, operation: Operation) -> dict[str, Any]:
    """Return the values that a reading must be given, as it was served with them last."""
    needed = [
        each.name
        for each in operation.parameters
        if each.required and each.role in (Role.TEXT, Role.VALUE, Role.QUERY)
    ]
    for call in reversed(example.history.calls):
        if call.operation == operation.name and call.answer.outcome is Outcome.OK:
            return {name: call.arguments[name] for name in needed if name in call.arguments}
    return {}


def cursors_in(answer: Answer) -> list[str]:
    """Return the cursors by which a listing goes on, in the order of the answer.

    A number is one as well: of the row, or the place, after which it goes on.
    """
    return list(_under_cursor_fields(answer.body))


def last_cursor(answer: Answer) -> str | None:
    """Return the cursor by which a listing as a whole goes on, if there is one."""
    return next(reversed(cursors_in(answer)), None)


def _under_cursor_fields(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        for each in body:
            yield from _under_cursor_fields(each)
    elif isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, dict | list):
                yield from _under_cursor_fields(value)
            elif not CURSOR_FIELD.search(str(name)) or isinstance(value, bool):
                continue
            elif isinstance(value, str | int) and str(value):
                yield str(value)


def options(
    operation: Operation, taught: Callable[[Operation, Parameter], Sequence[str]] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield each switch of a reading turned on, and each other value of its enumerations.

    A switch such as `include_archived` leads to another query, which may have forgotten the owner.

    Args:
        operation: The reading.
        taught: Returns the values that refusals have listed for an argument.
    """
    made = 0
    for each in operation.parameters:
        if each.required or each.role not in (Role.VALUE, Role.TEXT):
            continue
        usual = each.schema.get("default")
        values = each.schema.get("enum") or _told(operation, each)
        values = values or (taught(operation, each) if taught is not None else [])
        if each.schema.get("type") == "boolean":
            values = [usual is not True]
        for value in values:
            if value != usual and made < _MOST_OPTIONS:
                made += 1
                yield {each.name: value}


def _told(operation: Operation, parameter: Parameter) -> list[str]:
    """Return the values that a description tells: "by name, or by use (sort=used)"."""
    said = f"{operation.extra.get('about', '')} {parameter.schema.get('description', '')}"
    found = re.findall(rf"(?<![\w-]){re.escape(last_name(parameter.name))}=([\w-]+)", said)
    return list(dict.fromkeys(found))


def filters(example: ExampleRun, operation: Operation, reader: Actor) -> Iterator[dict[str, Any]]:
    """Yield each filter of a reading, with a value that the reader's own objects have.

    By `status=open` another query may be made than without, which has forgotten the owner.
    """
    for each in operation.parameters:
        plain = each.schema.get("type", "string") == "string" and not each.schema.get("enum")
        if each.required or not plain or each.role not in (Role.TEXT, Role.VALUE):
            continue
        known = example.pool.texts.shown_as(reader.name, last_name(each.name))
        # A week or a month is the one in which the reader has stored something last: what most
        # objects have is the default, in which others may have nothing.
        given = last_given(example, reader, each) if each.role is Role.VALUE else None
        if given is not None or known:
            yield {each.name: known[0] if given is None else given}


def stored_by(example: ExampleRun, user: Actor) -> Iterator[Call]:
    """Yield the calls by which a user stored or changed something as themselves, newest first."""
    operations = example.state.executor.operations
    for call in reversed(example.history.calls):
        own = call.actor.user == user.user == call.actor.claims
        if own and call.answer.outcome is Outcome.OK and not operations[call.operation].reads_only:
            yield call


def holding(
    example: ExampleRun, user: Actor, operation: Operation, known: Sequence[str]
) -> str | None:
    """Return the object inside which a user has stored what a list shows, the newest, if any.

    Narrowed to another one the list shows nothing to any user.

    Args:
        example: Which knows the user's calls.
        user: Who stored it.
        operation: Lists what was stored.
        known: Objects of the user's to which it can be narrowed.
    """
    kind = singular(noun_of(operation.name))
    for call in stored_by(example, user):
        if singular(noun_of(call.operation)) == kind:
            named = {str(each) for each in call.arguments.values()}
            if found := [each for each in known if each in named]:
                return found[0]
    return None


def last_given(example: ExampleRun, user: Actor, parameter: Parameter) -> str | None:
    """Return the text that a user gave last to an argument of that name, to store something.

    Args:
        example: Which knows the user's calls.
        user: Who stored it.
        parameter: By which it is read.
    """
    name = last_name(parameter.name)
    for call in stored_by(example, user):
        for given, value in call.arguments.items():
            if last_name(given) == name and isinstance(value, str) and value:
                return value
    return None


def _pages(operation: Operation, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield arguments for the largest page, the smallest, and what a system calls a page."""
    yield asked
    size = page_size(operation)
    if size is not None:
        yield {**asked, **smallest_page(operation)}
        yield {name: value for name, value in asked.items() if name != size.name}


def reads_by_itself(operation: Operation) -> bool:
    """Return whether an operation shows a user something without the name of an object."""
    return (
        operation.reads_only
        and not operation.conversational
        and not operation.pushes
        and not required_references(operation)
    )
