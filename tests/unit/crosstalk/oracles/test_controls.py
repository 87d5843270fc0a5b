"""Which parameters carried something of another user, counted from a history."""

from __future__ import annotations

from crosstalk.core.verdict import Control
from crosstalk.oracles.controls import controls_of, coverage_of
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

TASK = "01a1fde1-3aa5-71a6-80e1-ed47bbc41756"


def test_parameter_counts_when_it_carries_what_another_user_was_given() -> None:
    history = (
        Writer()
        .call(ALICE, "add", {"user_id": "alice-1", "title": "roses"}, ok({"id": TASK}))
        .call(BOB, "get", {"user_id": "bob-1", "task_id": TASK}, ok({}))
        .call(ALICE, "get", {"user_id": "alice-1", "task_id": TASK}, ok({"id": TASK}))
        .history
    )
    assert controls_of(history)["get"].foreign_arguments == {"task_id": 1}
    assert controls_of(history)["add"].foreign_arguments == {}


def test_parameter_counts_when_it_names_another_user() -> None:
    writer = Writer()
    other = writer.history.subjects["bob"]
    writer.call(ALICE, "list", {"user_id": other}, ok([]))
    assert controls_of(writer.history)["list"].foreign_arguments == {"user_id": 1}


def test_coverage_names_an_operation_that_was_never_called() -> None:
    identity = Parameter("user_id", {"type": "string"}, True, Role.IDENTITY)
    get = Operation(surface="mcp", name="get", parameters=(identity,), reads_only=True)
    assert coverage_of({"get": get}, {"get": Control()}) == {"get": {"user_id": 0}}


def test_parameter_counts_when_it_carries_a_number_of_another_user_and_of_that_kind() -> None:
    story = (
        Writer()
        .call(ALICE, "rest:POST /notes", {"text": "x"}, ok({"id": 3}))
        .call(BOB, "rest:GET /notes/{note_id}", {"note_id": "3"}, ok({}))
        .call(ALICE, "rest:GET /notes/{note_id}", {"note_id": "3"}, ok({}))
        .call(BOB, "rest:GET /items/{item_id}", {"item_id": "3"}, ok({}))
    )
    controls = controls_of(story.history)
    assert controls["rest:GET /notes/{note_id}"].foreign_arguments == {"note_id": 1}
    assert controls["rest:GET /items/{item_id}"].foreign_arguments == {}
