"""Words that two users share, made new for each replay.

Where nothing is reset, a name that an example took is taken for good: a replay that gives it again
meets what the example left behind, and not the other user. A marker in its place is another one in
each replay, and the same for all users of one.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.identifiers import map_strings, marker, markers_in, remarked
from crosstalk.core.script import Script, Step
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.patterns import admits

_WORD = re.compile(r"[A-Za-z]{3,20}")
# Names nobody: several users say it.
SAID_BY_ALL = "words"


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
        word: marker(SAID_BY_ALL, next(numbers))
        for word, users in said_by.items()
        if len(users) > 1
    }
    within = {word: marker(SAID_BY_ALL, next(numbers)) for word in _sought(script, operations)}
    if not fresh and not within:
        return None

    def renewed(text: str) -> str:
        if text in fresh:
            return fresh[text]
        for word, other in within.items():
            text = re.sub(rf"\b{re.escape(word)}\b", other, text)
        return text

    return Script(
        tuple(
            replace(step, arguments=map_strings(step.arguments, renewed)) for step in script.steps
        )
    )


def with_fresh_keys(script: Script, operations: Mapping[str, Operation]) -> Script:
    """Return a script whose keys name other calls: one that was used is used for good.

    Args:
        script: Of which a replay was made with these keys.
        operations: Operation name to operation; they say which argument is a key.
    """
    salt = secrets.randbits(32)
    keys = {
        (name, each.name)
        for name, operation in operations.items()
        for each in operation.parameters
        if each.role is Role.KEY
    }
    return Script(
        tuple(
            replace(
                step,
                arguments={
                    name: map_strings(value, lambda text: remarked(text, salt))
                    if (step.operation, name) in keys
                    else value
                    for name, value in step.arguments.items()
                },
            )
            for step in script.steps
        )
    )


def _sought(script: Script, operations: Mapping[str, Operation]) -> list[str]:
    """Return the words that readings look for, and texts hold that were stored; and those that
    stand beside a marker in texts of several users.

    What a search has found is kept, perhaps, under its word, or is the first of very many.
    """
    users: defaultdict[str, set[str | None]] = defaultdict(set)
    sought: dict[str, None] = {}
    for step in script.steps:
        operation = operations.get(step.operation)
        if operation is None:
            continue
        if not operation.reads_only:
            for text in filter(markers_in, _texts(dict(step.arguments))):
                for word in filter(_WORD.fullmatch, text.split()):
                    users[word].add(step.actor.user)
            continue
        for each in operation.parameters:
            given = step.arguments.get(each.name)
            words = each.role in (Role.QUERY, Role.TEXT) and isinstance(given, str)
            if words and _WORD.fullmatch(str(given)) and not markers_in(str(given)):
                sought[str(given)] = None
    common = [word for word, by in users.items() if len(by) > 1]
    return [*dict.fromkeys([*(each for each in sought if each in users), *common])]


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
            sample = marker(SAID_BY_ALL, 0)
            if not known and (not plain or admits(schema, sample)):
                found.add(text)
    return found
