"""Lists read to their end between another user's things, on notes in memory, and in two worlds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.whole_lists import WholeLists
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.two_worlds.phase import TwoWorldsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, Notes

LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 50}, False, Role.VALUE)
CURSOR = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
OFFSET = Parameter("offset", {"type": "integer", "minimum": 0}, False, Role.VALUE)
BY_CURSOR, BY_PLACE = (
    Operation("rest", "rest:GET /notes", (IDENTITY, LIMIT, each), reads_only=True, lists=True)
    for each in (CURSOR, OFFSET)
)


class Paged(Notes):
    """Shows notes by pages, the newest first.

    Args:
        listing: How pages are asked for.
        leak: `more` says that a list goes on where any user has an older note, `cut` counts the
            newest notes of all users for a page.
    """

    def __init__(self, listing: Operation, leak: str) -> None:
        super().__init__(lambda _, given: "text" in given)
        self.listing, self.leak = listing, leak
        self.rows: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        """Two operations."""
        return [ADD, self.listing]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leak."""
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        if operation.name == ADD.name:
            made = super().call(ADD, arguments, presented)
            if made.outcome is not Outcome.OK:
                return made
            self.rows.append((caller, str(made.body["id"])))
            return made
        newest = self.rows[::-1]
        limit = int(arguments.get("limit", 50))
        begin = int(arguments.get("offset", 0))
        named = str(arguments.get("cursor", ""))
        if named:
            place = [each for _, each in newest].index(named.removeprefix("after-"))
            newest = newest[place + 1 :]
        own = [each for each in newest if each[0] == caller]
        seen = newest[: begin + limit] if self.leak == "cut" else own
        rows = [each for each in seen if each[0] == caller][begin : begin + limit]
        among = newest if self.leak == "more" else own
        goes_on = bool(rows) and among.index(rows[-1]) + 1 < len(among)
        after = f"after-{rows[-1][1]}" if goes_on and self.listing is BY_CURSOR else None
        return Answer(
            Outcome.OK, 200, {"items": [{"id": each} for _, each in rows], "next_cursor": after}
        )


def read(notes: Paged) -> tuple[History, PhaseOutcome, GeneratorState]:
    """Read every list once, then play that in two worlds."""
    histories: list[History] = []
    numbers = itertools.count()
    operations = {each.name: each for each in notes.discover()}
    executor = Executor({"rest": notes}, operations, notes)

    def fresh() -> History:
        notes.rows.clear()
        notes.kept.clear()
        number = next(numbers)
        return History({name: f"{name}-{number}a" for name in USERS})

    state = GeneratorState(
        executor=executor,
        fresh_history=fresh,
        observations=[notes.listing],
        forgeries=(),
        on_example_end=histories.append,
        stopped=lambda: False,
        principals=Principals(),
    )
    WholeLists(state, Random(1)).run()
    budget = PhaseBudget(
        target=Target({"rest": notes}, notes, operations),
        executor=executor,
        examples=tuple(histories),
        observations=(),
        fresh_history=fresh,
        random=Random(1),
        calls=10_000,
        deadline=float("inf"),
    )
    outcome = TwoWorldsPhase(sleep=lambda seconds: None).run(budget)
    return histories[0], outcome, state


@pytest.mark.parametrize(
    ("listing", "leak"),
    [(BY_CURSOR, ""), (BY_CURSOR, "more"), (BY_PLACE, ""), (BY_PLACE, "cut")],
    ids=["cursor", "cursor-leak", "place", "place-leak"],
)
def test_pages_that_depend_on_the_others_rows_differ_where_the_others_are_absent(
    listing: Operation, leak: str
) -> None:
    _, outcome, state = read(Paged(listing, leak))
    assert state.situations["lists read to their end"] == 1
    assert [each.operation for each in outcome.findings] == [listing.name] * bool(leak)
    assert outcome.inconclusive == []


def test_users_store_in_turn_and_the_other_one_begins_and_ends() -> None:
    history, _, _ = read(Paged(BY_CURSOR, ""))
    storing = [call.actor for call in history if call.operation == ADD.name]
    other, reader = storing[:2]
    assert storing == [other, reader, other, reader, other, reader, other]
    pages = [call for call in history if call.operation != ADD.name]
    assert {call.actor for call in pages} == {reader}
    assert [len(call.answer.body["items"]) for call in pages] == [1, 1, 1, 3]
