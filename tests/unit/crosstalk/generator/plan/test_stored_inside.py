"""Things that a victim stores inside an object in the first look leave something to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Outcome, Probe
from crosstalk.generator.examples.arrangement import Arrangement, makers
from crosstalk.generator.plan.stored_inside import store_inside
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, NOTE, TEXT, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

_PASSED = Parameter("passed", {"type": "boolean"}, True, Role.VALUE)
_CHECK = Operation(
    "rest", "rest:POST /notes/{note_id}/checks", (IDENTITY, NOTE, _PASSED, TEXT), reads_only=False
)
_PROJECT = Parameter("project", {"type": "string"}, True, Role.REFERENCE)
_NAME = Parameter("name", {"type": "string"}, True, Role.TEXT)
_BEGIN = Operation("rest", "mcp:create_project", (IDENTITY, _NAME), reads_only=False)
_LOG = Operation("rest", "mcp:log_time", (IDENTITY, _PROJECT, TEXT), reads_only=False)
_PUT = Operation(
    "rest",
    "rest:PUT /interviews/{uid}",
    (IDENTITY, Parameter("uid", {"type": "string"}, True, Role.NAME), NOTE, TEXT),
    reads_only=False,
)
_ACTING = Probe("ownership", 0, "attack", "alice")


class Checked(Notes):
    """Notes with checks."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Take any check."""
        if operation is _CHECK:
            return Answer(Outcome.OK, 201, {"failing": not arguments["passed"]})
        return super().call(operation, arguments, presented)


class Timed(Notes):
    """Projects, in which time is logged by their names alone."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Keep a project, or find it by its name."""
        if operation is _BEGIN:
            self.kept.setdefault("all", {})[str(arguments["name"])] = "1"
            return Answer(Outcome.OK, 200, {"project_id": 1, "name": arguments["name"]})
        if arguments["project"] not in self.kept.get("all", {}):
            return Answer(Outcome.ERROR, 200, None, {}, "missing", "There is no such project")
        return Answer(Outcome.OK, 200, {"entry_id": 5})


def _users(notes: Notes, *operations: Operation) -> Arrangement:
    example = begun(notes, *operations)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    users.use(operations[0], alice)
    return users


def test_truth_value_is_said_both_ways() -> None:
    users = _users(Checked(), ADD, _CHECK)
    store_inside(users, _CHECK, _ACTING)
    said = [e.arguments["passed"] for e in users.example.history if e.operation == _CHECK.name]
    assert sorted(said) == [False, True]


def test_object_that_was_refused_by_its_id_is_named_by_its_name() -> None:
    users = _users(Timed(), _BEGIN, _LOG)
    store_inside(users, _LOG, _ACTING)
    calls = [each for each in users.example.history if each.operation == _LOG.name]
    assert [each.answer.outcome for each in calls] == [Outcome.ERROR, Outcome.OK]
    assert calls[0].arguments["project"] == "1"


def test_put_under_a_name_of_ones_choice_stores_and_changes_nothing() -> None:
    edit = Operation("rest", "rest:PUT /notes/{note_id}", (IDENTITY, NOTE, TEXT), reads_only=False)
    users = _users(Notes(), ADD, _PUT, edit)
    assert makers(users.example) == [_PUT]
