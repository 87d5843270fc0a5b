"""Two users at one idempotency key: who makes which call, in which order."""

from __future__ import annotations

from random import Random

from crosstalk.core.history import History, Probe
from crosstalk.core.identifiers import is_marker, marker
from crosstalk.core.principals import ALICE, BOB, CAROL, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules.attacks.idempotency_collision import (
    IdempotencyCollision,
    collision,
)
from crosstalk.surface.capabilities import Capabilities, takes_key
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import Notes

SUBJECTS = {"alice": "alice-1", "bob": "bob-1", "carol": "carol-1"}
UNUSED = "7b1f6f0e-8d0a-4b7c-9f43-0d7f3c7b2a11"
IDENTITY = Parameter("user_id", {}, True, Role.IDENTITY)
TASK = Parameter("task_id", {}, True, Role.REFERENCE)
KEY = Parameter("Idempotency-Key", {}, False, Role.KEY)


def operation(*parameters: Parameter, reads_only: bool = False) -> Operation:
    """An operation with these parameters."""
    return Operation("rest", "rest:DELETE /x", parameters, reads_only)


def test_collision_has_both_users_make_one_call_under_one_key_and_the_first_repeat_it() -> None:
    planned = collision(
        operation(IDENTITY, KEY),
        {"user_id": "alice-1", "title": "x"},
        ALICE,
        BOB,
        CAROL,
        subjects=SUBJECTS,
        plant=lambda user: marker(user, 1),
        unused_id=UNUSED,
        probe=1,
    )
    assert [each.actor.name for each in planned] == ["alice", "bob", "alice"]
    first, second, again = (each.arguments for each in planned)
    assert again == first == {**second, "user_id": "alice-1"}
    assert second["user_id"] == "bob-1"
    assert is_marker(first["Idempotency-Key"])


def test_collision_compares_the_key_with_an_unused_one_on_a_missing_object() -> None:
    planned = collision(
        operation(IDENTITY, TASK, KEY),
        {"user_id": "alice-1", "task_id": "hers"},
        ALICE,
        BOB,
        CAROL,
        subjects=SUBJECTS,
        plant=lambda user: marker(user, 1),
        unused_id=UNUSED,
        probe=7,
    )
    pair = planned[1:3]
    foreign, missing = (each.arguments for each in pair)
    # A user who had used the key would be told so.
    assert {each.actor.name for each in pair} == {"carol"}
    assert tuple(each.probe for each in pair) == (
        Probe("existence", 7, "foreign", "alice"),
        Probe("existence", 7, "missing", "alice"),
    )
    assert foreign["task_id"] == missing["task_id"] == UNUSED
    assert foreign["Idempotency-Key"] == marker("alice", 1)
    assert {**foreign, "Idempotency-Key": marker("nobody", 1)} == missing


def test_collision_leaves_out_reads_and_operations_without_a_key() -> None:
    assert takes_key(operation(KEY))
    assert not takes_key(operation(KEY, reads_only=True))
    assert not takes_key(operation(IDENTITY))


def test_first_turn_meets_at_everything_that_stores() -> None:
    text = Parameter("text", {"type": "string"}, True, Role.TEXT)
    stores = [
        Operation("rest", f"rest:POST /{each}", (IDENTITY, KEY, text), reads_only=False)
        for each in ("notes", "tags", "lists")
    ]
    hides = Operation("rest", "rest:POST /notes/hide", (IDENTITY, KEY), reads_only=False)
    operations = {each.name: each for each in (*stores, hides)}
    notes = Notes(accepted=lambda *_: False)
    histories: list[History] = []
    state = GeneratorState(
        executor=Executor({"rest": notes}, operations, notes),
        fresh_history=lambda: History(SUBJECTS),
        observations=[],
        forgeries=(),
        on_example_end=histories.append,
        stopped=lambda: False,
        principals=Principals(),
    )
    example = ExampleRun(state, Capabilities.of(list(operations.values())))
    drawn_once(lambda draw: IdempotencyCollision().run(example, draw), Random(1))
    called = [call.operation for call in example.history]
    assert {each.name for each in stores} <= set(called)
    assert all(called.count(each.name) == 3 for each in stores)
