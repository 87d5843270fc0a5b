"""Optional arguments: given one by one, and left out where they made a call refused."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.surface.operation import Operation, Parameter, Role

TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
NAMES = ("priority", "due", "repeat", "color")
ADD = Operation(
    "mcp",
    "mcp:add_task",
    (TITLE, *(Parameter(name, {"type": "string"}, False, Role.TEXT) for name in NAMES)),
    reads_only=False,
)
OK = Answer(Outcome.OK, 200, {"id": 1})
REFUSED = Answer(Outcome.ERROR, 200, {"error": "INVALID_RULE"}, code="INVALID_RULE")


def called(
    knowledge: ArgumentKnowledge, choice: RandomChoice, refusing: set[str], needing: set[str]
) -> tuple[set[str], bool]:
    """One call of a system that refuses some optional arguments and needs others."""
    given = knowledge.optional(choice, ADD)
    accepted = not given & refusing and needing <= given
    knowledge.learn(ADD, dict.fromkeys({"title", *given}, "x"), OK if accepted else REFUSED)
    return given, accepted


@pytest.mark.parametrize("number", range(3))
def test_most_calls_are_accepted_where_optional_arguments_are_refused(number: int) -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(number))
    made = [called(knowledge, choice, {"due", "repeat", "color"}, set()) for _ in range(100)]
    assert made[0] == (set(), True)
    assert sum(accepted for _, accepted in made) > 80
    assert sum("priority" in given for given, _ in made) > 20


def test_optional_arguments_are_tried_where_a_call_without_them_is_always_refused() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    made = [called(knowledge, choice, set(), {"due"}) for _ in range(60)]
    assert not made[0][1]
    assert any(accepted for _, accepted in made)


def test_optional_argument_that_a_refusal_names_is_given_from_then_on() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    said = Answer(Outcome.ERROR, 200, "'due' is a dependency of 'title'")
    knowledge.learn(ADD, {"title": "x"}, said)
    for _ in range(5):
        given = knowledge.optional(choice, ADD)
        assert "due" in given
        knowledge.learn(ADD, dict.fromkeys({"title", *given}, "x"), OK)


def test_all_optional_arguments_are_given_where_none_is_refused() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    made = [called(knowledge, choice, set(), set())[0] for _ in range(60)]
    assert set().union(*made) == set(NAMES)
    assert any(len(given) > 2 for given in made)


def test_an_answer_about_a_missing_object_says_nothing_about_arguments() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    knowledge.learn(ADD, {"title": "x"}, OK)
    for _ in range(20):
        missing = Answer(Outcome.ERROR, 404, None, code="not_found")
        knowledge.learn(ADD, {"title": "x", "due": "x"}, missing)
    knowledge.learn(ADD, {"title": "x", "due": "x"}, OK)
    assert any("due" in knowledge.optional(choice, ADD) for _ in range(20))


def test_optional_text_that_a_denial_names_is_given_more_seldom() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    knowledge.learn(ADD, dict.fromkeys({"title", *NAMES} - {"due"}, "x"), OK)
    denied = Answer(Outcome.ERROR, 404, None, code="due_not_found")
    for _ in range(3):
        knowledge.learn(ADD, dict.fromkeys(("title", *NAMES), "x"), denied)
    given = [knowledge.optional(choice, ADD) for _ in range(41)][1:]
    assert sum("due" in each for each in given) < 8


@pytest.mark.parametrize("schema", [False, {"type": "file"}, {"type": "string", "pattern": "("}])
def test_an_argument_that_cannot_be_drawn_is_named(schema: Any) -> None:
    knowledge, odd = ArgumentKnowledge(), Parameter("odd", schema, True, Role.VALUE)
    assert knowledge.value(RandomChoice(Random(1)), ADD, odd) is None
    assert list(knowledge.undrawn) == [("mcp:add_task", "odd")]


def test_value_that_a_refusal_asked_for_is_given_and_suggested_once_it_was_accepted() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    priority = ADD.parameters[1]
    said = Answer(Outcome.ERROR, 422, {"error": "priority must be one of p1, p2"})
    knowledge.learn(ADD, {"title": "x", "priority": "note"}, said)
    value = knowledge.known(choice, ADD, priority)
    assert value in ("p1", "p2")
    assert knowledge.suggestions() == {}
    knowledge.learn(ADD, {"title": "x", "priority": value}, OK)
    assert knowledge.suggestions() == {ADD.name: {"priority": [value]}}


def test_usual_values_are_given_one_after_the_other_where_a_refusal_says_nothing() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    color = next(each for each in ADD.parameters if each.name == "color")
    tried = set()
    for _ in range(20):
        value = knowledge.known(choice, ADD, color) or "note"
        tried.add(value)
        knowledge.learn(ADD, {"title": "x", "color": value}, REFUSED)
    assert {"note", "#336699", "red"} <= tried


def test_recorded_value_is_given_in_place_of_what_is_no_text() -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    level = Parameter("level", {"type": "integer"}, True, Role.VALUE)
    knowledge.seeds[ADD.name, "level"] = [7]
    knowledge.seeds[ADD.name, "title"] = ["recorded"]
    assert 7 in {knowledge.known(choice, ADD, level) for _ in range(10)}
    assert {knowledge.known(choice, ADD, TITLE) for _ in range(10)} == {None}


NAMED = Operation(
    "rest",
    "rest:PUT /sketches/{name}",
    (
        Parameter("name", {"type": "string"}, True, Role.NAME),
        Parameter("body", {"type": "string"}, True, Role.TEXT),
    ),
    reads_only=False,
)
CALLED = Answer(Outcome.ERROR, 422, {"title": "a sketch is called like m31-core.txt"})


def test_value_with_a_place_for_a_marker_is_given_before_one_without() -> None:
    knowledge, (name, _) = ArgumentKnowledge(), NAMED.parameters
    knowledge.learn(NAMED, {"name": "xtalicez1", "body": "x"}, CALLED)
    given = {knowledge.known(RandomChoice(Random(each)), NAMED, name) for each in range(9)}
    assert given == {"{marker}.txt"}
    knowledge.learn(NAMED, {"name": "xtalicez1d7485ee.txt", "body": "x"}, OK)
    assert knowledge.suggestions() == {NAMED.name: {"name": ["{marker}.txt"]}}


def test_value_with_a_place_for_a_marker_that_is_refused_makes_room_for_the_others() -> None:
    knowledge, (name, _) = ArgumentKnowledge(), NAMED.parameters
    knowledge.learn(NAMED, {"name": "xtalicez1", "body": "x"}, CALLED)
    knowledge.learn(NAMED, {"name": "xtalicez1d7485ee.txt", "body": "x"}, CALLED)
    assert knowledge.known(RandomChoice(Random(1)), NAMED, name) == "m31-core.txt"


def test_honest_calls_are_made_without_a_condition() -> None:
    condition = Parameter("If-Match", {"type": "string"}, False, Role.VALUE)
    change = Operation("rest", "rest:PATCH /notes", (TITLE, condition), reads_only=False)
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    for _ in range(20):
        assert "If-Match" not in knowledge.optional(choice, change)
        knowledge.learn(change, {"title": "x"}, OK)


def test_an_element_is_given_with_all_that_it_is_refused_without() -> None:
    name = Parameter("lines[].name", {"type": "string"}, False, Role.TEXT, "lines")
    amount = Parameter("lines[].amount", {"type": "number"}, False, Role.VALUE)
    operation = Operation("rest", "rest:POST /recipes", (name, amount), reads_only=False)
    knowledge = ArgumentKnowledge()
    for given in ({}, {"lines[].name": "a", "lines[].amount": 1}):
        knowledge.learn(operation, given, Answer(Outcome.OK, 201, {}))
    drawn = [knowledge.optional(RandomChoice(Random(n)), operation) for n in range(20)]
    assert {"lines[].name"} in drawn
    assert {"lines[].name", "lines[].amount"} in drawn
    assert {"lines[].amount"} not in drawn


def test_tags_are_given_in_each_call_once_they_were_accepted() -> None:
    tags = Parameter("tags", {"type": "array", "items": {"type": "string"}}, False, Role.VALUE)
    color = Parameter("color", {"type": "string"}, False, Role.TEXT)
    operation = Operation("rest", "rest:POST /recipes", (tags, color), reads_only=False)
    knowledge = ArgumentKnowledge()
    for given in ({}, {"tags": ["a"], "color": "red"}):
        knowledge.learn(operation, given, Answer(Outcome.OK, 201, {}))
    knowledge.optional(RandomChoice(Random(0)), operation)
    drawn = [knowledge.optional(RandomChoice(Random(n)), operation) for n in range(20)]
    assert all("tags" in each for each in drawn)
    assert not all("color" in each for each in drawn)


def test_an_own_object_that_was_accepted_stands_in_most_of_what_is_stored() -> None:
    envelope = Parameter("envelope_id", {"type": "string"}, False, Role.REFERENCE)
    storing = Operation("rest", "rest:POST /payments", (envelope,), reads_only=False)
    reading = replace(storing, name="rest:GET /payments", reads_only=True)
    given: dict[tuple[str, bool], int] = {}
    for operation in (storing, reading):
        for accepted in (False, True):
            knowledge = ArgumentKnowledge()
            for arguments in ({}, {"envelope_id": "e1"}) if accepted else ({},):
                knowledge.learn(operation, arguments, Answer(Outcome.OK, 201, {}))
            drawn = [knowledge.optional(RandomChoice(Random(n)), operation) for n in range(200)]
            given[operation.name, accepted] = sum("envelope_id" in each for each in drawn)
    assert 70 < given[storing.name, False] < 130
    assert 130 < given[storing.name, True] < 190
    # A filter leaves out what it does not name.
    assert 70 < given[reading.name, True] < 130


@pytest.mark.parametrize("refusing", [False, True])
def test_an_edit_of_which_all_is_optional_says_something(*, refusing: bool) -> None:
    knowledge, choice = ArgumentKnowledge(), RandomChoice(Random(1))
    fields = [Parameter(each, {"type": "string"}, False, Role.VALUE) for each in ("unit", "sort")]
    edit = Operation("rest", "rest:PATCH /settings", tuple(fields), False)
    assert knowledge.optional(choice, edit) == {"unit", "sort"}
    for _ in range(30):
        given = knowledge.optional(choice, edit)
        assert given
        refused = refusing and "sort" in given
        knowledge.learn(edit, dict.fromkeys(given, "x"), REFUSED if refused else OK)
