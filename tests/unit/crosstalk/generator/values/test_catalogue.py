"""Entries of public lists, given to arguments that name them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.principals import ALICE
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.catalogue import Catalogue
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import Writer, ok

TEXT = {"type": "string"}


def learnt(operation: str, body: Any) -> Catalogue:
    """Return a catalogue that has seen one answer."""
    found = Catalogue()
    for call in Writer().call(ALICE, operation, {}, ok(body)).history:
        found.learn(call)
    return found


@pytest.mark.parametrize(
    ("operation", "body", "argument"),
    [
        ("mcp:shows", {"early": "The early show", "late": "The late show"}, "show"),
        ("rest:GET /shows", [{"show": "early", "seats": 3}, {"show": "late"}], "show"),
        ("rest:GET /shows", {"shows": [{"slug": "early", "name": "E"}, {"slug": "late"}]}, "show"),
        ("rest:GET /shows", {"data": ["early", "late"], "count": 2}, "show_id"),
        ("rest:GET /shows", [{"id": "early"}, {"id": "late"}], "showId"),
    ],
)
def test_public_list_gives_what_an_argument_of_its_kind_may_name(
    operation: str, body: Any, argument: str
) -> None:
    found = learnt(operation, body)
    assert found.values(argument, "mcp:write_note") == ["early", "late"]
    assert found.values("title", "mcp:write_note") == []


def test_lines_of_a_list_in_prose_are_named_by_how_they_begin() -> None:
    found = learnt("mcp:list_coins", {"result": "FLOR 42.10\nTALR 12.75\n"})
    assert found.values("coin", "mcp:buy") == ["FLOR", "TALR"]
    assert learnt("mcp:list_coins", "You have no coins.").values("coin", "mcp:buy") == []


def test_description_of_a_system_is_no_list_of_objects() -> None:
    properties = {"made_on": {"title": "Made On", "type": "string"}}
    described = {"openapi": "3.1.0", "components": {"schemas": {"Coin": properties}}}
    assert learnt("rest:GET /openapi.json", described).values("made_on", "rest:POST /coins") == []


def test_one_object_is_no_list_of_its_fields() -> None:
    assert learnt("rest:GET /status", {"name": "x", "version": "2"}).values("status", "x") == ["x"]
    assert learnt("rest:GET /status", {"type": "x", "up": "y"}).values("status", "x") == []


def arguments(knowledge: ArgumentKnowledge, parameter: Parameter) -> dict[str, Any]:
    """Return what is drawn for an operation that stores a note."""
    operation = Operation("mcp", "mcp:write_note", (parameter,), reads_only=False)
    drawer = HonestDrawer(
        RandomChoice(Random(1)), ValuePool(), {"alice": "a"}, lambda _: "xtalicez1", knowledge
    )
    return drawer.arguments(operation, ALICE, references=("own",), hostile=False)


def test_reference_of_which_no_user_has_any_names_an_entry_of_the_public_list() -> None:
    knowledge = ArgumentKnowledge(catalogue=learnt("mcp:shows", ["early", "late"]))
    drawn = arguments(knowledge, Parameter("show_id", TEXT, True, Role.REFERENCE))
    assert drawn["show_id"] in ("early", "late")


def test_entry_of_the_public_list_is_named_rather_than_an_object_of_another_kind() -> None:
    knowledge = ArgumentKnowledge(catalogue=learnt("mcp:shows", ["early", "late"]))
    pool = ValuePool()
    for call in Writer().call(ALICE, "mcp:add_friend", {}, ok({"friend_id": "f-7jF4NB12"})).history:
        pool.harvest(call)
    show = Parameter("show_id", TEXT, True, Role.REFERENCE)
    operation = Operation("mcp", "mcp:write_note", (show,), reads_only=False)
    drawer = HonestDrawer(
        RandomChoice(Random(1)), pool, {"alice": "a"}, lambda _: "xtalicez1", knowledge
    )
    drawn = drawer.arguments(operation, ALICE, references=("own",), hostile=False)
    assert drawn["show_id"] in ("early", "late")


def test_text_names_an_entry_of_the_public_list_once_it_was_refused() -> None:
    knowledge = ArgumentKnowledge(catalogue=learnt("mcp:shows", ["early", "late"]))
    show = Parameter("show", TEXT, True, Role.TEXT)
    assert arguments(knowledge, show)["show"] == "note xtalicez1"
    operation = Operation("mcp", "mcp:write_note", (show,), reads_only=False)
    denied = Answer(Outcome.ERROR, 200, "Unknown show")
    knowledge.count(operation, denied)
    assert arguments(knowledge, show)["show"] in ("early", "late")
    knowledge.count(operation, ok({}))
    knowledge.count(operation, denied)
    assert arguments(knowledge, show)["show"] == "note xtalicez1"


def test_entry_that_was_accepted_where_a_text_was_refused_is_given_from_then_on() -> None:
    knowledge = ArgumentKnowledge(catalogue=learnt("mcp:shows", ["early", "late"]))
    show = Parameter("show", TEXT, True, Role.TEXT)
    operation = Operation("mcp", "mcp:write_note", (show,), reads_only=False)
    knowledge.count(operation, Answer(Outcome.ERROR, 200, "Unknown show"))
    knowledge.learn(operation, {"show": "late"}, ok({}))
    knowledge.count(operation, ok({}))
    assert arguments(knowledge, show)["show"] in ("early", "late")


def test_id_of_another_kind_in_a_public_list_is_an_entry_of_that_kind() -> None:
    listed = [{"class_id": "spin-mon", "day": "Monday"}, {"class_id": "yoga-tue", "day": "Tuesday"}]
    catalogue = learnt("rest:GET /timetable", listed)
    assert catalogue.values("class_id", "rest:POST /bookings") == ["spin-mon", "yoga-tue"]
    assert catalogue.values("timetable_id", "rest:POST /bookings") == []


def test_values_that_a_denial_lists_are_given_from_then_on() -> None:
    knowledge = ArgumentKnowledge()
    show = Parameter("show", TEXT, True, Role.TEXT)
    operation = Operation("mcp", "mcp:write_note", (show,), reads_only=False)
    denied = Answer(Outcome.ERROR, 200, "Unknown show; there are early, late")
    knowledge.learn(operation, {"show": "note xtalicez1"}, denied)
    assert arguments(knowledge, show)["show"] in ("early", "late")


def test_entry_that_the_schema_does_not_admit_is_not_given() -> None:
    knowledge = ArgumentKnowledge()
    for call in Writer().call(ALICE, "rest:GET /days", {}, ok(["Monday", "Friday"])).history:
        knowledge.catalogue.learn(call)
    day = Parameter("day", {"type": "string", "format": "date"}, True, Role.VALUE)
    assert arguments(knowledge, day)["day"] not in ("Monday", "Friday")
