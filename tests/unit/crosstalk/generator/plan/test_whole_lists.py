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
from crosstalk.oracles import Canary
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.two_worlds.phase import TwoWorldsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, DELETE, IDENTITY, Notes

LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 50}, False, Role.VALUE)
CURSOR = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
OFFSET = Parameter("offset", {"type": "integer", "minimum": 0}, False, Role.VALUE)
BY_CURSOR, BY_PLACE = (
    Operation("rest", "rest:GET /notes", (IDENTITY, LIMIT, each), reads_only=True, lists=True)
    for each in (CURSOR, OFFSET)
)


ORDER = Parameter("order", {"enum": ["desc", "asc"], "default": "desc"}, False, Role.VALUE)
IN_ORDER = Operation(
    "rest", "rest:GET /notes", (IDENTITY, LIMIT, CURSOR, ORDER), reads_only=True, lists=True
)


class Paged(Notes):
    """Shows notes by pages, the newest first.

    Args:
        listing: How pages are asked for.
        leak: `more` says that a list goes on where any user has an older note, `cut` counts the
            newest notes of all users for a page, `oldest` shows all users' notes behind the first
            page of the oldest ones, `last` shows in the place of an empty page the last one.
    """

    def __init__(self, listing: Operation, leak: str) -> None:
        super().__init__(lambda each, given: each is DELETE or "text" in given)
        self.listing, self.leak = listing, leak
        self.rows: list[tuple[str, str]] = []
        self.gone: set[str] = set()
        self.last: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        """Three operations."""
        return [ADD, DELETE, self.listing]

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
        if operation is DELETE:
            gone = super().call(DELETE, arguments, presented)
            if gone.outcome is Outcome.OK:
                self.gone.add(str(arguments["note_id"]))
            return gone
        oldest_first = arguments.get("order") == "asc"
        newest = self.rows if oldest_first else self.rows[::-1]
        limit = int(arguments.get("limit", 50))
        begin = int(arguments.get("offset", 0))
        named = str(arguments.get("cursor", ""))
        if named:
            place = [each for _, each in newest].index(named.removeprefix("after-"))
            newest = newest[place + 1 :]
        newest = [each for each in newest if each[1] not in self.gone]
        every = self.leak == "oldest" and named and oldest_first
        own = [each for each in newest if every or each[0] == caller]
        seen = newest[: begin + limit] if self.leak == "cut" else own
        rows = [each for each in seen if every or each[0] == caller][begin : begin + limit]
        if named and self.leak == "last":
            rows = self.last = rows or self.last
        among = newest if self.leak == "more" else own
        goes_on = bool(rows) and rows[-1] in among and among.index(rows[-1]) + 1 < len(among)
        after = f"after-{rows[-1][1]}" if goes_on and self.listing is not BY_PLACE else None
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
    assert storing[:7] == [other, reader, other, reader, other, reader, other]
    pages = [call for call in history if call.operation == BY_CURSOR.name][:4]
    assert {call.actor for call in pages} == {reader}
    assert [len(call.answer.body["items"]) for call in pages] == [1, 1, 1, 3]


@pytest.mark.parametrize("leak", ["", "oldest"])
def test_pages_are_read_in_each_order_to_their_end(leak: str) -> None:
    history, _, _ = read(Paged(IN_ORDER, leak))
    assert bool(Canary().judge(history)) is bool(leak)


@pytest.mark.parametrize("leak", ["", "last"])
def test_page_is_gone_on_to_after_what_stood_there_was_removed(leak: str) -> None:
    history, _, state = read(Paged(BY_CURSOR, leak))
    assert state.situations["pages emptied before they were read"] == 1
    *_, page = history.calls
    assert bool(page.answer.body["items"]) is bool(leak)
    assert bool(Canary().judge(history)) is bool(leak)
