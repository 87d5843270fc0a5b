"""Removed objects: what users have removed is named by no call but those that take it back."""

from __future__ import annotations

import pytest

from crosstalk.generator.values.removed_objects import takes_back
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

PET = Parameter("pet", {"type": "string"}, True, Role.REFERENCE)
CURE = Parameter("treatment", {"type": "string"}, True, Role.REFERENCE)
TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
OPERATIONS = {
    each.name: each
    for each in (
        Operation("rest", "rest:POST /pets", (TITLE,), False),
        Operation("rest", "rest:GET /pets", (), True, lists=True),
        Operation("rest", "rest:GET /pets/{pet}", (PET,), True),
        Operation("rest", "rest:DELETE /pets/{pet}", (PET,), False),
        Operation("rest", "rest:POST /pets/{pet}/restore", (PET,), False),
        Operation("rest", "rest:POST /pets/{pet}/treatments", (PET, TITLE), False),
        Operation("rest", "rest:DELETE /pets/{pet}/treatments/{treatment}", (PET, CURE), False),
    )
}
FIRST, SECOND, INSIDE = "ae20d8956f3f", "fd721e64e7e0", "b06275290524"


def pool(writer: Writer) -> ValuePool:
    found = ValuePool(reference_fields=("pet", "treatment"))
    for call in writer.history:
        found.harvest(call)
        found.keep_names(call, OPERATIONS[call.operation])
    return found


def two_pets() -> Writer:
    writer = Writer()
    for each in (FIRST, SECOND):
        writer.call(ALICE, "rest:POST /pets", {"title": "x"}, ok({"id": each}, 201))
    return writer


def named(found: ValuePool, operation: str = "rest:GET /pets/{pet}") -> list[str]:
    return found.references("alice", PET, operation, guess=False)


def test_object_that_its_owner_removed_is_named_no_more() -> None:
    writer = two_pets().call(ALICE, "rest:DELETE /pets/{pet}", {"pet": FIRST}, ok(None, 204))
    assert named(pool(writer)) == [SECOND]
    assert pool(writer).references(
        "alice", PET, "rest:GET /pets/{pet}", guess=False, removed=True
    ) == [FIRST, SECOND]


def test_removed_object_is_shown_in_another_case_than_it_was_named_in() -> None:
    writer = two_pets()
    writer.call(ALICE, "rest:GET /pets", {}, ok([{"id": FIRST.upper()}, {"id": SECOND}]))
    writer.call(ALICE, "rest:DELETE /pets/{pet}", {"pet": FIRST}, ok(None, 204))
    assert named(pool(writer)) == [SECOND]


def test_operation_that_takes_removed_objects_back_wants_them_alone() -> None:
    writer = two_pets().call(ALICE, "rest:DELETE /pets/{pet}", {"pet": FIRST}, ok(None, 204))
    assert named(pool(writer), "rest:POST /pets/{pet}/restore") == [FIRST]


def test_object_that_is_shown_again_is_there() -> None:
    writer = two_pets().call(ALICE, "rest:DELETE /pets/{pet}", {"pet": FIRST}, ok(None, 204))
    writer.call(ALICE, "rest:GET /pets", {}, ok([{"id": FIRST}, {"id": SECOND}]))
    assert named(pool(writer)) == [FIRST, SECOND]


def test_object_inside_a_removed_one_goes_with_it() -> None:
    making = "rest:POST /pets/{pet}/treatments"
    writer = two_pets().call(ALICE, making, {"pet": FIRST, "title": "x"}, ok({"id": INSIDE}, 201))
    other = "0a06275290aa"
    writer.call(ALICE, making, {"pet": SECOND, "title": "x"}, ok({"id": other}, 201))
    writer.call(ALICE, "rest:DELETE /pets/{pet}", {"pet": FIRST}, ok(None, 204))
    inner = "rest:DELETE /pets/{pet}/treatments/{treatment}"
    assert pool(writer).references("alice", CURE, inner, guess=False) == [other]


def test_another_users_removal_takes_nothing_away() -> None:
    writer = two_pets().call(BOB, "rest:DELETE /pets/{pet}", {"pet": FIRST}, ok(None, 204))
    assert named(pool(writer)) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("rest:POST /trash/{ref}/restore", True),
        ("rest:GET /documents/bin", True),
        ("rest:POST /notes/{id}/trash", False),
        ("rest:DELETE /pets/{pet}", False),
        ("mcp:list_bin", True),
        ("mcp:bring_back", True),
        ("mcp:bin_lot", False),
        ("mcp:undoLast", True),
    ],
)
def test_name_says_that_an_operation_is_for_removed_objects(operation: str, expected: bool) -> None:
    assert takes_back(operation) is expected


def test_call_that_restores_a_part_of_an_object_that_is_there_wants_no_removed_one() -> None:
    revision = Parameter("revision", {"type": "string"}, True, Role.REFERENCE)
    restoring = Operation("rest", "rest:POST /pages/{pet}/restore", (PET, revision), False)
    writer = two_pets()
    writer.call(ALICE, restoring.name, {"pet": FIRST, "revision": "8"}, ok({"id": FIRST}))
    writer.call(ALICE, "rest:DELETE /pets/{pet}", {"pet": FIRST}, ok(None, 204))
    found = ValuePool(reference_fields=("pet", "revision"))
    for call in writer.history:
        found.harvest(call)
        found.keep_names(call, {**OPERATIONS, restoring.name: restoring}[call.operation])
    assert named(found, restoring.name) == [SECOND]
