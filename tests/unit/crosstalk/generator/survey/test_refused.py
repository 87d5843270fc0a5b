"""Refusals for values and for an object's state that come before the check of whose it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles import Existence
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_first_look import looked
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

AMOUNT = Parameter("amount", {"type": "integer"}, True, Role.VALUE)
DAY = Parameter("day", {"type": "string", "format": "date"}, True, Role.VALUE)
PAY = Operation("rest", "rest:POST /notes/{note_id}/payments", (IDENTITY, NOTE, AMOUNT), False)
WEIGH = Operation("rest", "rest:PUT /notes/{note_id}/weights", (IDENTITY, NOTE, DAY), False)
LABEL = Operation("rest", "rest:PUT /notes/{note_id}/label", (IDENTITY, NOTE, TEXT), False)
CLOSE = Operation("rest", "rest:POST /notes/{note_id}/close", (IDENTITY, NOTE), False)
OPEN_AMOUNT = 1_000


class Checked(Notes):
    """Notes that are paid, weighed once a day, labelled and closed, each after a check of its own.

    Attributes:
        leak: The check that comes before that of the owner: `amount`, `day`, `text`, `closed` or
            none.
    """

    def __init__(self, leak: str) -> None:
        super().__init__()
        self.leak = leak
        self.days: set[tuple[str, str]] = set()
        self.closed: set[str] = set()

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, PAY, WEIGH, LABEL, CLOSE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Check the owner first, but for the leak."""
        if operation not in (PAY, WEIGH, LABEL, CLOSE):
            return super().call(operation, arguments, presented)
        caller, name = presented.headers.get("caller", ""), str(arguments["note_id"])
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.calls += 1
        mine = name in self.kept.get(caller, {})
        known = mine or any(name in kept for kept in self.kept.values())
        day = (name, str(arguments.get("day")))
        refused = {
            "amount": operation is PAY and arguments["amount"] > OPEN_AMOUNT,
            "day": operation is WEIGH and day in self.days,
            "text": operation is LABEL and not arguments["text"],
            "closed": operation is CLOSE and name in self.closed,
        }
        for what, fails in refused.items():
            if fails and (mine or (known and what == self.leak)):
                return Answer(Outcome.ERROR, 409, None, {}, what)
        if not mine:
            return MISSING
        if operation is WEIGH:
            self.days.add(day)
        if operation is CLOSE:
            self.closed.add(name)
        return Answer(Outcome.OK, 200, {"id": name})


@pytest.mark.parametrize(
    ("leak", "operation"),
    [
        ("amount", {PAY.name}),
        ("day", {WEIGH.name}),
        ("text", {LABEL.name}),
        ("closed", {CLOSE.name}),
        ("", set()),
    ],
)
def test_refusal_before_the_owners_check_tells_that_an_object_is_there(
    leak: str, operation: set[str]
) -> None:
    history, _ = surveyed(Checked(leak))
    found = {each.operation for each in Existence().judge(history) if "follow" not in each.summary}
    assert found == operation


def test_missing_object_is_named_once_with_each_operation_where_all_are_answered_as_it_was() -> (
    None
):
    history, state = surveyed(Checked(""))
    assert state.is_short
    began = next(each.index for each in history if each.arguments.get("amount") == 9_999_999)
    pairs = [each for each in history if each.index >= began and each.probe is not None]
    named = Counter(each.operation for each in pairs if each.probe and each.probe.part == "foreign")
    missing = Counter(
        each.operation for each in pairs if each.probe and each.probe.part == "missing"
    )
    assert named[PAY.name] > 1
    assert missing[PAY.name] <= 1


@pytest.mark.parametrize(
    ("leak", "operation"), [("amount", {PAY.name}), ("text", {LABEL.name}), ("", set())]
)
def test_first_look_names_with_bad_values_what_was_refused(leak: str, operation: set[str]) -> None:
    (history,) = looked(Checked(leak))
    found = {each.operation for each in Existence().judge(history) if "follow" not in each.summary}
    assert found == operation
