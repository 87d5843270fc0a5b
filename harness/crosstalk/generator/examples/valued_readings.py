"""Readings that need a time, a word or another value beside what they are about.

A sum of a month, what is free on a day, a season of a hive: the value is one under which the reader
has stored something, for under any other there is nothing to see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from crosstalk.core.history import Actor, Call
from crosstalk.core.identifiers import last_name
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import Reading, stored_by
from crosstalk.generator.values.arguments import ArgumentDrawer
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import admits
from crosstalk.surface.schemas import says_when

# Of one user at one time.
_MOST = 6
# A word that was made up, where a schema asks for a text and says nothing of it.
_MADE_UP = re.compile(rf"(?:{COMMON_WORD}(?: 1)?|other|x+)x*")
_DAY = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d)(?!\d)")
_TIMES = (
    (re.compile(r"\d{4}-\d\d-\d\d"), 10),
    (re.compile(r"\d{4}-\d\d"), 7),
    (re.compile(r"\d{4}"), 4),
)


def valued_readings(example: ExampleRun, drawer: ArgumentDrawer, reader: Actor) -> list[Reading]:
    """Return the calls that show a user what is theirs under values that they have stored.

    Args:
        example: Which knows the user's objects and calls.
        drawer: Draws the values that nothing tells.
        reader: Who reads.
    """
    found: list[Reading] = []
    stored = list(stored_by(example, reader))
    for operation in example.capabilities.protected:
        named = required_references(operation)
        if len(found) >= _MOST or not _needs_values(operation) or len(named) > 1:
            continue
        known = [
            example.pool.references(reader.name, each, operation.name, guess=False)
            for each in named
        ]
        if not all(known) or example.state.in_vain(operation):
            continue
        arguments = drawer.arguments(
            operation,
            reader,
            references=(reader.name,),
            hostile=False,
            target=known[0][-1] if known else "",
            naming=named[0] if named else None,
        )
        others: dict[str, Any] = {}
        for each in operation.parameters:
            if each.name in arguments and _is_value(each):
                known_values = _as_stored(each, arguments[each.name], stored)
                if not known_values and each.role is not Role.VALUE:
                    # It may be looked for in all texts, and all of them hold this word.
                    known_values = [COMMON_WORD]
                arguments[each.name] = (known_values or [arguments[each.name]])[0]
                if len(known_values) > 1:
                    others[each.name] = known_values[1]
        found.append((operation, arguments))
        if others and not example.state.is_short:
            # What another stores on one day of the reader's may be hidden on another one.
            found.append((operation, {**arguments, **others}))
    return found


def under_stored_values(
    example: ExampleRun, operation: Operation, reader: Actor, drawn: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a reading with the values under which its reader has stored
    something, where it is asked for a value: a guide to a harbour of which nothing was noted is
    empty, for every user.

    Args:
        example: Which knows the reader's calls.
        operation: The reading.
        reader: Who reads.
        drawn: Its arguments as they were drawn.
    """
    stored = list(stored_by(example, reader))
    found = dict(drawn)
    for each in operation.parameters:
        if each.role is Role.VALUE and each.required and each.name in drawn:
            known = _as_stored(each, drawn[each.name], stored)
            found[each.name] = known[0] if known else drawn[each.name]
    return found


def on_day(operation: Operation, asked: Mapping[str, Any], day: str) -> dict[str, Any]:
    """Return the arguments of a reading with a day in place of the one that it asks for; nothing
    where it asks for none.

    Args:
        operation: The reading.
        asked: Its arguments.
        day: In place of those that are given.
    """
    days = [
        each.name
        for each in operation.parameters
        if _is_value(each) and _DAY.fullmatch(str(asked.get(each.name)))
    ]
    return {**asked, **dict.fromkeys(days, day)} if days else {}


def in_fresh_words(
    example: ExampleRun, operation: Operation, asker: Actor, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return arguments with a word of the asker's own for each value that may be any word: what
    was asked before, in a replay as well, may be answered from what was kept.

    Args:
        example: Which makes the words.
        operation: That is asked.
        asker: Who asks.
        given: Arguments as they were drawn.
    """
    found = dict(given)
    for each in operation.parameters:
        value = given.get(each.name)
        if each.role is not Role.VALUE or not isinstance(value, str):
            continue
        formed = any(each.schema.get(one) for one in ("format", "pattern", "enum"))
        if _MADE_UP.fullmatch(value) and not formed:
            word = example.state.plant(asker.name)
            found[each.name] = word if admits(each.schema, word) else value
    return found


def _needs_values(operation: Operation) -> bool:
    """Return whether a reading must be given a value, and not a word to search for alone."""
    if not operation.reads_only or operation.lists or operation.conversational:
        return False
    if operation.pushes or operation.descriptive or operation.effect_only:
        return False
    needed = [each for each in operation.parameters if each.required and _is_value(each)]
    searches = not required_references(operation) and [each.role for each in needed] == [Role.QUERY]
    return bool(needed) and not searches


def _is_value(parameter: Parameter) -> bool:
    return parameter.role in (Role.TEXT, Role.VALUE, Role.QUERY)


def _as_stored(parameter: Parameter, drawn: Any, stored: list[Call]) -> list[Any]:
    """Return the values under which the reader has stored something, the last of them first."""
    name = last_name(parameter.name)
    for call in stored:
        for given, value in call.arguments.items():
            if last_name(given) == name and isinstance(value, type(drawn)) and value:
                return [value]
    form = _form_of(name, drawn)
    days = filter(None, map(_day_of, stored)) if form else ()
    return list(dict.fromkeys(_written(each, form, drawn) for each in days))


def _written(day: str, form: str, drawn: Any) -> Any:
    """Return a day as a value of that form: a week, a month, a year or itself."""
    if form == "week":
        year, week, _ = date.fromisoformat(day).isocalendar()
        return f"{year}-W{week:02}"
    length = next(length for each, length in _TIMES if each.fullmatch(form))
    return int(day[:length]) if isinstance(drawn, int) else day[:length]


def _form_of(name: str, drawn: Any) -> str:
    """Return how a value writes a time: as a day, month or year, or as a `week`; empty for none."""
    text = str(drawn)
    when = says_when(name)
    if when == "week":
        return "week" if re.fullmatch(r"\d{4}-W\d\d", text) else ""
    if not any(each.fullmatch(text) for each, _ in _TIMES):
        return ""
    # Four digits are a year where the name says so.
    return text if len(text) > 4 or when in ("year", "season") else ""


def _day_of(call: Call) -> str | None:
    """Return the first day that a call stored, or that its answer shows."""
    texts = [str(each) for each in call.arguments.values()]
    texts += [text for _, text in call.paths]
    for text in texts:
        for each in _DAY.findall(text):
            try:
                date.fromisoformat(each)
            except ValueError:
                continue
            return str(each)
    return None
