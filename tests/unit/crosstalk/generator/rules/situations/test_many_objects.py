"""A flood on a system in memory that keeps results, keys or left-over rows for all users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.rules.situations.many_objects import ManyObjects
from crosstalk.oracles.canary import Canary
from crosstalk.oracles.ownership import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.rules.situations.test_situations import (
    CURSOR,
    IDENTITY,
    LIST,
    TITLE,
    Things,
    played,
)

KEY = Parameter("Idempotency-Key", {"type": "string"}, False, Role.KEY)
ADD = Operation("rest", "rest:POST /things", (IDENTITY, TITLE, KEY), reads_only=False)
# As of MCP: no argument says how much a page holds.
ALL = Operation("rest", "rest:GET /all", (IDENTITY, CURSOR), reads_only=True, lists=True)
_KEPT, _SLOTS, _PAGE = 40, 16, 50


class Flooded(Things):
    """Things that are stored under keys.

    Args:
        leak: `keys`, of which the newest of all users are kept; `slots`, in which a result is known
            by its words; `rest`, in which waits what does not fit into a page; empty for nothing.
        unique: Whether each of a user's titles must be another.
    """

    def __init__(self, leak: str, *, unique: bool = False) -> None:
        super().__init__()
        self.leak = leak
        self.unique = unique
        self.named: set[tuple[str, str]] = set()
        self.results: dict[tuple[str, str], Answer] = {}
        self.slots: dict[int, tuple[str, Answer]] = {}
        self.rest: dict[str, list[str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, ALL]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        user, key = presented.connection, str(arguments.get("Idempotency-Key", ""))
        if operation is ALL:
            return self._page(user, arguments.get("cursor"))
        if operation is not ADD:
            return super().call(operation, arguments, presented)
        slot, words = sum(map(ord, key)) % _SLOTS, str(arguments["title"])
        if (user, key) in self.results:
            return self.results[user, key]
        known, result = self.slots.get(slot, ("", None))
        if self.leak == "slots" and result is not None and known == words:
            return result
        if self.unique and (user, words) in self.named:
            return Answer(Outcome.ERROR, 409, None, {}, "conflict")
        self.named.add((user, words))
        self.things[made := f"01a1fc95-41f3-7131-b962-{next(self.numbers):012d}"] = user
        result = Answer(Outcome.OK, 201, {"id": made})
        self.slots[slot] = words, result
        self.results[user, key] = result
        if self.leak == "keys":
            self.results = dict(list(self.results.items())[-_KEPT:])
        return result

    def _page(self, user: str, cursor: object) -> Answer:
        key = "" if self.leak == "rest" else user
        rows = [each for each, owner in self.things.items() if owner == user]
        if cursor is not None:
            rows = self.rest.get(key, [])
        elif len(rows) > _PAGE:
            rows, self.rest[key] = rows[:_PAGE], rows[_PAGE:]
            shown = [{"id": each} for each in rows]
            return Answer(Outcome.OK, 200, {"items": shown, "next_cursor": "the-rest"})
        return Answer(Outcome.OK, 200, {"items": [{"id": each} for each in rows]})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first flood wait for nothing."""
    monkeypatch.setattr("crosstalk.generator.rules.situations.many_objects._FEWEST_CALLS", 0)
    monkeypatch.setattr("crosstalk.generator.rules.situations.many_objects._FIRST_AFTER", 0)


@pytest.mark.parametrize("leak", ["", "keys", "slots", "rest"])
def test_list_that_is_kept_for_all_users_together_shows(leak: str) -> None:
    _, found = played(ManyObjects(), examples=2, system=Flooded(leak), observed=(LIST, ALL))
    oracle = Ownership() if leak == "keys" else Canary()
    assert bool([each for history in found for each in oracle.judge(history)]) == bool(leak)
    assert leak or not [each for history in found for each in Ownership().judge(history)]


@pytest.mark.parametrize("leak", ["keys", ""])
def test_names_that_must_be_unique_are_no_less_of_a_flood(leak: str) -> None:
    system = Flooded(leak, unique=True)
    _, found = played(ManyObjects(), examples=2, system=system, observed=(LIST,))
    suspected = [each for history in found for each in Ownership().judge(history)]
    assert bool(suspected) is bool(leak)
    most = max(sum(e.answer.status == 409 for e in history) for history in found)
    assert most <= 2
