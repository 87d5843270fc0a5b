"""By what a list is narrowed: where a reading that names nothing inside shows nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.principals import ALICE, BOB
from crosstalk.generator.examples.readings import holding, options
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import Writer, ok

TEXT = {"type": "string"}
ITEM = Parameter("item_id", TEXT, True, Role.REFERENCE)
NOTES = Operation(
    "rest", "rest:GET /notes", (Parameter("item_id", TEXT, False, Role.REFERENCE),), True
)
TAG = Operation("rest", "rest:POST /items/{item_id}/tags", (ITEM,), False)


def test_list_is_narrowed_to_the_object_inside_which_something_was_stored() -> None:
    writer = Writer()
    writer.call(ALICE, "rest:POST /items/{item_id}/notes", {"item_id": "i2", "text": "a"}, ok({}))
    writer.call(ALICE, TAG.name, {"item_id": "i3"}, ok({}))
    operations = {
        each.name: each
        for each in (TAG, Operation("rest", "rest:POST /items/{item_id}/notes", (ITEM,), False))
    }
    executor = SimpleNamespace(operations=operations)
    example = SimpleNamespace(history=writer.history, state=SimpleNamespace(executor=executor))
    assert holding(cast("Any", example), ALICE, NOTES, ["i1", "i2", "i3"]) == "i2"
    assert holding(cast("Any", example), BOB, NOTES, ["i1"]) is None


def test_list_is_read_by_each_value_that_a_refusal_has_listed() -> None:
    sort = Parameter("sort", {"type": "string", "default": "name"}, False, Role.VALUE)
    stars = Operation("rest", "rest:GET /stars", (sort,), True, lists=True)
    knowledge = ArgumentKnowledge()
    assert list(options(stars, knowledge.listed_by_refusals)) == []
    said = Answer(Outcome.ERROR, 400, {"detail": "sort is designation or observed"})
    knowledge.learn(stars, {"sort": "x"}, said)
    assert list(options(stars, knowledge.listed_by_refusals)) == [
        {"sort": "designation"},
        {"sort": "observed"},
    ]
