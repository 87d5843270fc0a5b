"""Lists of objects of which the first alone may be checked, and the own one that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Notes,
    swept,
)

CARD = Operation("rest", "rest:POST /notes/{note_id}/cards", (IDENTITY, NOTE, TEXT), False)
CARDS = Operation("rest", "rest:GET /cards", (IDENTITY,), reads_only=True, lists=True)
CARD_ID = Parameter("answers[].card_id", {"type": "string"}, True, Role.REFERENCE)
GRADE = Parameter("answers[].grade", {"type": "integer", "enum": [3]}, True, Role.VALUE)
REVIEW = Operation("rest", "rest:POST /reviews", (IDENTITY, CARD_ID, GRADE), reads_only=False)


class Cards(Notes):
    """Keeps cards inside notes, and notes whose cards were named in one call."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[str, str] = {}
        self.named: list[tuple[str, str, str]] = []

    def discover(self) -> list[Operation]:
        """Return all operations."""
        return [ADD, LIST, CARD, CARDS, REVIEW]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes and cards alone."""
        caller = presented.headers.get("caller", "")
        if operation in (ADD, LIST) or caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        if operation is CARDS:
            mine = [each for each, owner in self.cards.items() if owner == caller]
            return Answer(Outcome.OK, 200, [{"card_id": each} for each in mine])
        if operation is CARD:
            if str(arguments.get("note_id")) not in self.kept.get(caller, {}):
                return MISSING
            name = f"02b1fc95-41f3-4131-b962-{len(self.cards) * 7919:012d}"
            self.cards[name] = caller
            return Answer(Outcome.OK, 201, {"card_id": name})
        named = [str(arguments[each]) for each in arguments if each.endswith("card_id")]
        owners = [self.cards.get(each, "") for each in named]
        self.named += [(caller, owners[0], owners[1])] if len(owners) > 1 else []
        if set(owners) != {caller}:
            return MISSING
        return Answer(Outcome.OK, 200, {"reviewed": len(named)})


def test_another_users_element_stands_behind_an_own_one_that_is_made_for_it() -> None:
    cards = Cards()
    swept(cards)
    assert any(first == caller != second for caller, first, second in cards.named)
