"""Words that two users share, made new for each replay.

Where nothing is reset, a name that an example took is taken for good: a replay that gives it again
meets what the example left behind, and not the other user. A marker in its place is another one in
each replay, and the same for all users of one.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.identifiers import map_strings, marker, markers_in
from crosstalk.core.script import Script, Step
from crosstalk.surface.operation import Operation
from crosstalk.surface.patterns import admits

# Names nobody: several users say it.
_SAID_BY_ALL = "words"


def with_fresh_words(script: Script, operations: Mapping[str, Operation]) -> Script | None:
    """Return a script in which words that several users store are markers; None without such.

    Args:
        script: Of a finding, or of what may become one.
        operations: Operation name to operation; what a schema lists is not replaced.
    """
    said_by: defaultdict[str, set[str | None]] = defaultdict(set)
    for step in script.steps:
        operation = operations.get(step.operation)
        if operation is not None and not operation.reads_only:
            for word in _words(step, operation):
                said_by[word].add(step.actor.user)
    numbers = itertools.count(1)
    fresh = {
        word: marker(_SAID_BY_ALL, next(numbers))
        for word, users in said_by.items()
        if len(users) > 1
    }
    if not fresh:
        return None
    return Script(
        tuple(
            replace(
                step,
                arguments=map_strings(step.arguments, lambda text: fresh.get(text, text)),
            )
            for step in script.steps
        )
    )


def _texts(value: Any) -> list[str]:
    """Return the texts in a value, without the names of fields."""
    found: list[str] = []

    def take(text: str) -> str:
        found.append(text)
        return text

    map_strings(value, take)
    return found


def _words(step: Step, operation: Operation) -> set[str]:
    """Return the texts of a step that any marker could stand for."""
    found: set[str] = set()
    for name, value in step.arguments.items():
        parameter = next((each for each in operation.parameters if each.name == name), None)
        schema: Mapping[str, Any] = parameter.schema if parameter is not None else {}
        listed = json.dumps(schema, default=str)
        plain = isinstance(value, str)
        for text in _texts(value):
            known = json.dumps(text) in listed or "${" in text or bool(markers_in(text))
            sample = marker(_SAID_BY_ALL, 0)
            if not known and (not plain or admits(schema, sample)):
                found.add(text)
    return found
