"""Acts of other users about another entry of a catalogue, and with another number, in each replay.

Where rows stay, an order by what users do comes to rest once one entry is far ahead, a mean of
ones and twos stays between them, and a best of all is beaten once. Another entry each time, and
another number, moves them in one replay as in the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import markers_in
from crosstalk.core.row_places import first_words
from crosstalk.core.script import Script, Step
from crosstalk.execution.repeated_acts import stores, with_acts_repeated
from crosstalk.oracles.base import Suspicion
from crosstalk.surface.operation import Operation, Parameter, Role

_ONE_OF = re.compile(r"\$\{one of (\[.*\])\}", re.DOTALL)
# The number of a row in the path of a value.
_ROW = re.compile(r"(?:(?<=\.)|^)\d+(?=\.|$)")
_MOST_OPTIONS = 12
# Numbers beside one that has no bounds: so many times as large, and one more.
_TIMES = (2, 5, 20, 50)


def with_other_entries(
    script: Script, suspicion: Suspicion, operations: Mapping[str, Operation], history: History
) -> Script | None:
    """Return a script in which others act several times, about other entries in each replay; None
    where nothing they say could be another.

    Args:
        script: Whole: its steps are the calls of the history, in order.
        suspicion: Of that history, by two readings of one user.
        operations: Operation name to operation.
        history: It shows which other entries there are.
    """
    repeated = with_acts_repeated(script, suspicion, operations)
    if repeated is None:
        return None
    last = script.steps[suspicion.calls[-1] - 1]
    numbers = repeated.numbers()
    first = numbers.index(script.steps[suspicion.calls[0] - 1].number)
    between = range(first + 1, numbers.index(last.number))
    before = suspicion.calls[0]
    shown = history.calls[before - 1]
    steps = list(repeated.steps)
    for place in between:
        step = steps[place]
        operation = operations.get(step.operation)
        if operation is None or step.actor.user in (None, last.actor.user):
            continue
        if stores(operation) and step.actor.claims == step.actor.user:
            steps[place] = _turned(step, operation, history, shown, numbers[first])
    return Script(tuple(steps)) if tuple(steps) != repeated.steps else None


def chosen(text: str, salt: int) -> Any:
    """Return what stands for a choice in one replay; the text itself where it is none.

    Args:
        text: An argument of a script, or a part of it.
        salt: Of the replay.
    """
    found = _ONE_OF.fullmatch(text)
    if found is None:
        return text
    options = json.loads(found.group(1))
    return options[salt % len(options)]


def _turned(step: Step, operation: Operation, history: History, shown: Call, reading: int) -> Step:
    """Return a step about the entry that stands last where it is shown, and with a choice for each
    other word and number that it names.

    The last one passes the one before it, and is followed by that: so it can be in each replay.
    """
    found = dict(step.arguments)
    for each in operation.parameters:
        if each.name not in found:
            continue
        if last := _last_beside(found[each.name], shown):
            found[each.name] = f"${{{reading}.{last}}}"
            continue
        options = sorted(_options(found[each.name], operation, each, history))
        if len(options) > 1:
            # All turn by one number: acts about one entry are about one in each replay. Were every
            # entry used as often as the others, their order would stay.
            start = options.index(found[each.name])
            ordered = [*options[start:], *options[:start]]
            found[each.name] = f"${{one of {json.dumps(ordered)}}}"
    return replace(step, arguments=found) if found != step.arguments else step


def _options(value: Any, operation: Operation, parameter: Parameter, history: History) -> list[Any]:
    """Return the value and others that may stand in its place; the value alone where none may."""
    if isinstance(value, bool) or parameter.role in (Role.KEY, Role.IDENTITY, Role.CURSOR):
        return [value]
    if isinstance(value, int | float):
        plain = parameter.role is Role.VALUE and "enum" not in parameter.schema
        return _numbers(value, parameter.schema) if plain else [value]
    if not isinstance(value, str) or "${" in value or markers_in(value):
        return [value]
    listed = parameter.schema.get("enum")
    known = listed if isinstance(listed, list) else _entries(value, operation, parameter, history)
    plain_texts = [each for each in known if isinstance(each, str)]
    return list(dict.fromkeys([value, *plain_texts]))[:_MOST_OPTIONS]


def _entries(value: str, operation: Operation, parameter: Parameter, history: History) -> list[str]:
    """Return what was accepted in the place of a word, where all of it are words as well."""
    given = [
        call.arguments.get(parameter.name)
        for call in history
        if call.operation == operation.name and call.answer.outcome is Outcome.OK
    ]
    # A day, a moment or an id is no entry.
    fixed = "format" in parameter.schema or "pattern" in parameter.schema
    texts = [each for each in given if isinstance(each, str)]
    return [] if fixed else [each for each in texts if each == value or not markers_in(each)]


def _last_beside(value: Any, shown: Call) -> str:
    """Return where the last of the rows, or lines, stands of which an answer shows a value as one;
    empty for none.
    """
    if not isinstance(value, str):
        return ""
    found = [(path, _ROW.sub("*", path), text) for path, text in shown.answer.paths()]
    places = {place for _, place, text in found if text == value and "*" in place}
    rows = [path for path, place, _ in found if place in places]
    if len(rows) > 1:
        return f"{rows[-1]}|listed"
    lists = [path for path, _, text in found if value in first_words(text) and "\n" in text]
    return f"{lists[0]}|last" if lists else ""


def _numbers(value: float, schema: Mapping[str, Any]) -> list[Any]:
    """Return a number and several others that a schema admits."""
    low, high = schema.get("minimum"), schema.get("maximum")
    whole = isinstance(value, int)
    if isinstance(low, int | float) and isinstance(high, int | float):
        others = [low + part * (high - low) / 7 for part in range(1, 8)]
    else:
        most = high if isinstance(high, int | float) else float("inf")
        others = [min(most, abs(value) * times + 1) for times in _TIMES]
    step = schema.get("multipleOf") or (1 if whole else 0.5)
    rounded = [each // step * step for each in others]
    return list(dict.fromkeys([value, *(int(each) if whole else each for each in rounded)]))
