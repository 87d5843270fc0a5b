"""Two users store the same words and the same values, and read by them in turn.

What is kept by its value alone, as the answers of a cache by tag, or a row that is made where there
is none of that name, meets only where the values of two users are equal, or nearly so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import admits

_COUNT = "equal words stored by two users"
# Words that a careless comparison takes for the common one; the last two are the same to a person.
_NEARLY = (
    COMMON_WORD,
    COMMON_WORD,
    f"{COMMON_WORD}s",
    COMMON_WORD.upper(),
    f"{COMMON_WORD}%",
    f"{COMMON_WORD} 1",
    f"{COMMON_WORD}-1",
    f"{COMMON_WORD}_1",
    unicodedata.normalize("NFC", "noté"),
    unicodedata.normalize("NFD", "noté"),
)
_READINGS = 3
_STORED = frozenset({Role.TEXT, Role.NAME, Role.VALUE})
_ASKED = frozenset({Role.TEXT, Role.NAME, Role.VALUE, Role.QUERY})


class EqualWords:
    """Has two users store equal values, and read by those values one after the other."""

    name = "equal_words"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether anything that is stored takes a text or a value."""
        return any(_words(each) for each in example.capabilities.creators)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Store as two users in equal words, and read as each of them by these words."""
        creators = [each for each in example.capabilities.creators if _words(each)]
        operation = example.least_chosen_operation(draw, self.name, creators)
        first: Actor = draw(st.sampled_from(example.members))
        second = example.other_member(draw, first)
        # What identifies the first one's object stays in one text, if there are several.
        equal = _equal_values(example, draw, operation, first)
        said: dict[str, Any] = {}
        for actor in (first, second):
            planned = example.plan_own(draw, operation, actor)
            said = dict(planned.arguments) | equal
            answer = example.execute(PlannedCall(actor, operation.name, said)).answer
            if answer.outcome is not Outcome.OK:
                return
        example.state.situations[_COUNT] += 1
        stored = {
            last_name(each.name): said[each.name]
            for each in operation.parameters
            if each.role in _STORED and each.name in said
        }
        for reading, asked in self._readings(example, draw, operation, stored):
            # Both orders: what was kept for the first is found by the second.
            for actor in (first, second, first):
                arguments = {**example.reading(reading, actor).arguments, **asked}
                example.execute(PlannedCall(actor, reading.name, arguments))

    def _readings(
        self, example: ExampleRun, draw: Draw, stored_by: Operation, stored: Mapping[str, Any]
    ) -> list[tuple[Operation, dict[str, Any]]]:
        """Return readings without an object named, with what they can be asked by."""
        possible = [
            (each, asked)
            for each in example.capabilities.protected
            if each.reads_only
            and not each.conversational
            and not required_references(each)
            and (asked := _asked(each, stored))
        ]
        same = [each for each in possible if each[0].surface == stored_by.surface]
        possible = same or possible
        chosen = []
        for _ in range(min(_READINGS, len(possible))):
            found = example.least_chosen(
                draw, f"{self.name} read", possible, lambda each: (each[0].name,)
            )
            possible.remove(found)
            reading, asked = found
            # A filter alone, or all of them.
            names = sorted(asked)
            only = draw(st.sampled_from([*names, ""]))
            chosen.append((reading, {only: asked[only]} if only else asked))
        return chosen


def _words(operation: Operation) -> list[Parameter]:
    return [each for each in operation.parameters if each.role in _STORED]


def _equal_values(
    example: ExampleRun, draw: Draw, operation: Operation, actor: Actor
) -> dict[str, Any]:
    """Return the values that both users give: of names, enumerations, and all texts but one.

    Where there is one text alone it is equal as well, every second time.
    """
    drawn = example.plan_own(draw, operation, actor).arguments
    word = draw(st.sampled_from(_NEARLY))
    texts = [each for each in _words(operation) if each.role is Role.TEXT]
    own = texts[-1].name if len(texts) > 1 or (texts and draw(st.booleans())) else ""
    values: dict[str, Any] = {}
    for each in _words(operation):
        if each.role is Role.VALUE or "enum" in each.schema:
            if each.name in drawn:
                values[each.name] = drawn[each.name]
        elif each.name != own and admits(each.schema, word) and each.schema.get("format") is None:
            values[each.name] = word
    return values


def _asked(operation: Operation, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by which a reading asks for what was stored."""
    asked: dict[str, Any] = {}
    for each in operation.parameters:
        name = last_name(each.name)
        if each.role in _ASKED and name in stored:
            asked[each.name] = stored[name]
        elif each.role is Role.QUERY:
            texts: Sequence[Any] = [value for value in stored.values() if isinstance(value, str)]
            asked[each.name] = texts[0] if texts else COMMON_WORD
    return asked
