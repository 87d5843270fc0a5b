"""Numbers that are counted over all users, and what looks like them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from crosstalk.oracles import Existence
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

ISSUE = "rest:POST /invoices"
TURNS = (ALICE, ALICE, BOB, BOB, ALICE)


def issued(numbers: Sequence[object], field: str = "number") -> list[str]:
    """Return what is suspected of invoices that two users issue in turn, with these numbers."""
    writer = Writer()
    for actor, number in zip(TURNS, numbers, strict=True):
        writer.call(actor, ISSUE, {"text": "milk"}, ok({field: number}, 201))
    return [each.operation for each in Existence().judge(writer.history)]


@pytest.mark.parametrize("form", ["{}", "INV-{:05}", "2026-{:04}"])
def test_numbers_that_count_other_users_calls_are_suspected(form: str) -> None:
    assert issued([form.format(each) for each in (7, 8, 9, 10, 11)]) == [ISSUE]


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        # Each user's own, and steps that others do not explain.
        ((1, 2, 1, 2, 3), "number"),
        ((1, 3, 5, 7, 9), "number"),
        ((1, 2, 3, 4, 4), "number"),
        # Ids may be counted, and a time is no number of anything.
        ((7, 8, 9, 10, 11), "id"),
        ((1764400001, 1764400002, 1764400003, 1764400004, 1764400005), "number"),
        (("a", "b", "c", "d", "e"), "number"),
    ],
)
def test_other_numbers_are_not(numbers: Sequence[object], field: str) -> None:
    assert issued(numbers, field) == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda number: {"location": f"/entries/{number}"},
        lambda number: {"id": number, "slug": f"entry-{number}"},
        lambda number: {"entry_id": number, "label": number},
    ],
)
def test_ids_are_left_out_whatever_they_are_called(
    answer: Callable[[int], Mapping[str, object]],
) -> None:
    writer = Writer()
    for number, actor in enumerate(TURNS, start=7):
        writer.call(actor, ISSUE, {"text": "milk"}, ok(answer(number), 201))
    assert Existence().judge(writer.history) == []


def test_one_call_of_another_user_between_two_is_coincidence() -> None:
    writer = Writer()
    for number, actor in enumerate((ALICE, ALICE, BOB, ALICE), start=1):
        writer.call(actor, ISSUE, {"text": "milk"}, ok({"number": number}, 201))
    assert Existence().judge(writer.history) == []


CHANGE = "rest:PATCH /invoices/{id}"


@pytest.mark.parametrize("before", [True, False])
def test_number_that_was_shown_with_its_object_before_is_not_given_by_a_change(
    *, before: bool
) -> None:
    writer = Writer()
    for number, actor in enumerate(TURNS, start=7):
        invoice = {"id": f"inv_{number:018x}", "number": number}
        made = invoice if before else {"id": invoice["id"]}
        writer.call(actor, f"{ISSUE} of {number}", {"text": "milk"}, ok(made))
    for number, actor in enumerate(TURNS, start=7):
        invoice = {"id": f"inv_{number:018x}", "number": number}
        writer.call(actor, CHANGE, {"id": invoice["id"]}, ok(invoice))
    found = [each.operation for each in Existence().judge(writer.history)]
    assert found == ([] if before else [CHANGE])
