"""Two users at one key: who says what, in which order."""

from __future__ import annotations

from crosstalk.core.history import Probe
from crosstalk.core.identifiers import is_marker, marker
from crosstalk.core.principals import ALICE, BOB
from crosstalk.generator.idempotency_keys import collision
from crosstalk.surface.capabilities import takes_key
from crosstalk.surface.operation import Operation, Parameter, Role

SUBJECTS = {"alice": "alice-1", "bob": "bob-1"}
NOBODYS = "7b1f6f0e-8d0a-4b7c-9f43-0d7f3c7b2a11"
IDENTITY = Parameter("user_id", {}, True, Role.IDENTITY)
TASK = Parameter("task_id", {}, True, Role.REFERENCE)
KEY = Parameter("Idempotency-Key", {}, False, Role.KEY)


def operation(*parameters: Parameter, reads_only: bool = False) -> Operation:
    """An operation with these parameters."""
    return Operation("rest", "rest:DELETE /x", parameters, reads_only)


def test_both_say_the_same_under_the_key_of_the_first_and_the_first_repeats_it() -> None:
    planned = collision(
        operation(IDENTITY, KEY),
        {"user_id": "alice-1", "title": "x"},
        ALICE,
        BOB,
        subjects=SUBJECTS,
        plant=lambda user: marker(user, 1),
        nobodys_id=NOBODYS,
        probe=1,
    )
    assert [actor.name for actor, _, _ in planned] == ["alice", "bob", "alice"]
    (_, first, _), (_, second, _), (_, again, _) = planned
    assert again == first == {**second, "user_id": "alice-1"}
    assert second["user_id"] == "bob-1"
    assert is_marker(first["Idempotency-Key"])


def test_then_the_second_compares_that_key_with_nobodys_on_an_object_that_nobody_has() -> None:
    planned = collision(
        operation(IDENTITY, TASK, KEY),
        {"user_id": "alice-1", "task_id": "hers"},
        ALICE,
        BOB,
        subjects=SUBJECTS,
        plant=lambda user: marker(user, 1),
        nobodys_id=NOBODYS,
        probe=7,
    )
    (_, foreign, first), (_, missing, second) = planned[3:]
    assert (first, second) == (
        Probe("existence", 7, "foreign", "alice"),
        Probe("existence", 7, "missing", "alice"),
    )
    assert foreign["task_id"] == missing["task_id"] == NOBODYS
    assert foreign["Idempotency-Key"] == marker("alice", 1)
    assert {**foreign, "Idempotency-Key": marker("nobody", 1)} == missing


def test_reads_and_operations_without_a_key_have_no_part_in_it() -> None:
    assert takes_key(operation(KEY))
    assert not takes_key(operation(KEY, reads_only=True))
    assert not takes_key(operation(IDENTITY))
