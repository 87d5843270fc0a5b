"""Second pages: so much is stored that there is one, and what is new on it is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.survey.pages import PagesPart
from crosstalk.oracles import Canary
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, EDIT, GET, IDENTITY, Notes
from tests.unit.crosstalk.generator.survey.test_survey import state_of, surveyed

CURSOR = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
LIMIT = Parameter("limit", {"type": "integer", "maximum": 8}, False, Role.VALUE)
FIXED = Operation("rest", "rest:GET /notes", (IDENTITY, CURSOR), True, lists=True)
SIZED = Operation("rest", "rest:GET /notes", (IDENTITY, LIMIT, CURSOR), True, lists=True)


class Shelf(Notes):
    """Notes in pages, the oldest first; a cursor holds whose they are.

    Args:
        listing: How they are listed.
        leaks: Whether a cursor is believed.
        kept: Notes of each user from before.
    """

    def __init__(self, listing: Operation, *, leaks: bool, kept: int = 0) -> None:
        super().__init__()
        self.listing = listing
        self.leaks = leaks
        for user in ("alice", "bob", "carol"):
            self.kept[user] = {f"old-{user}-{each}": f"note {each}" for each in range(kept)}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, self.listing, GET]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a page of five, or of the size that is asked for."""
        if operation is not self.listing:
            return super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.calls += 1
        owner, _, begun = str(arguments.get("cursor") or f"{caller}/0").partition("/")
        if owner != caller and not self.leaks:
            return Answer(Outcome.ERROR, 422, None, {}, "unknown cursor")
        rows = [{"id": i, "text": t} for i, t in self.kept.get(owner, {}).items()]
        begin = int(begun)
        end = begin + int(arguments.get("limit", 5))
        more = f"{owner}/{end}" if len(rows) > end else None
        return Answer(Outcome.OK, 200, {"items": rows[begin:end], "next_cursor": more})


@pytest.mark.parametrize("leaks", [True, False])
def test_so_much_is_stored_that_a_list_of_a_fixed_size_goes_on(*, leaks: bool) -> None:
    history, _ = surveyed(Shelf(FIXED, leaks=leaks))
    assert {each.operation for each in Canary().judge(history)} == (
        {FIXED.name} if leaks else set()
    )
    assert any(call.arguments.get("cursor") for call in history)


@pytest.mark.parametrize("leaks", [True, False])
def test_new_rows_are_looked_for_behind_those_of_before(*, leaks: bool) -> None:
    history, _ = surveyed(Shelf(SIZED, leaks=leaks, kept=20))
    assert {each.operation for each in Canary().judge(history)} == (
        {SIZED.name} if leaks else set()
    )


def test_the_cursor_is_near_what_is_new_where_a_page_ends_with_it() -> None:
    large = Parameter("limit", {"type": "integer", "maximum": 50}, False, Role.VALUE)
    listing = Operation("rest", "rest:GET /notes", (IDENTITY, large, CURSOR), True, lists=True)
    history, _ = surveyed(Shelf(listing, leaks=True, kept=40))
    (shown, *_) = Canary().judge(history)
    foreign = history.calls[shown.calls[0] - 1]
    # Replays store more before it, which a page of fifty then still has room for.
    assert len(foreign.answer.body["items"]) == 1


SHELF = Parameter("shelf", {"type": "string"}, False, Role.TEXT)
ADD_ON = Operation("rest", ADD.name, (*ADD.parameters, SHELF), reads_only=False)
SHELVED = Operation("rest", "rest:GET /notes", (IDENTITY, SHELF, CURSOR), True, lists=True)


class Shelves(Shelf):
    """The same, on shelves by which they can be listed; there is no page of another size."""

    def __init__(self, *, leaks: bool, kept: int = 200, shelves: str = "") -> None:
        super().__init__(SHELVED, leaks=leaks, kept=kept)
        self.shelves = shelves.split()
        self.on: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD_ON, SHELVED, GET]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """List one shelf, or all of them."""
        shelf = arguments.get("shelf", "")
        if operation is ADD_ON and shelf and self.shelves and shelf not in self.shelves:
            return Answer(Outcome.ERROR, 422, None, {}, "unknown shelf")
        if operation is ADD_ON:
            answer = super().call(ADD, arguments, presented)
            if answer.outcome is Outcome.OK:
                self.on[answer.body["id"]] = shelf
            return answer
        every = self.kept
        if operation is SHELVED and "shelf" in arguments:
            wanted = arguments["shelf"]
            self.kept = {
                user: {i: t for i, t in kept.items() if self.on.get(i) == wanted}
                for user, kept in every.items()
            }
        try:
            return super().call(operation, arguments, presented)
        finally:
            self.kept = every


@pytest.mark.parametrize("leaks", [True, False])
def test_new_rows_alone_are_listed_where_a_filter_tells_them_from_all_before(
    *, leaks: bool
) -> None:
    history, _ = surveyed(Shelves(leaks=leaks))
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({SHELVED.name} if leaks else set())


def test_pages_are_followed_where_a_filter_takes_a_few_values_alone() -> None:
    history, _ = surveyed(Shelves(leaks=True, kept=12, shelves="upper lower"))
    assert {each.operation for each in Canary().judge(history)} == {SHELVED.name}


class Numbered(Shelf):
    """Notes of all users in one row, which goes on after a number; with it the owner is forgotten.

    Args:
        leaks: Whether it is.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__(FIXED, leaks=leaks)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """List what comes after a number."""
        if operation is not FIXED or presented.headers.get("caller") != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        after, caller = int(arguments.get("cursor", 0)), presented.headers["caller"]
        # In the order in which they were stored: the ids count up.
        every = sorted(
            (name, owner, text) for owner, kept in self.kept.items() for name, text in kept.items()
        )
        numbered = list(enumerate(every, start=1))
        whose = None if after and self.leaks else caller
        rows = [
            (number, {"id": name, "text": text})
            for number, (name, owner, text) in numbered
            if number > after and whose in (None, owner)
        ]
        more = rows[4][0] if len(rows) > 5 else None
        return Answer(Outcome.OK, 200, {"items": [row for _, row in rows[:5]], "next": more})


@pytest.mark.parametrize("leaks", [True, False])
def test_a_number_is_a_cursor_as_well(*, leaks: bool) -> None:
    history, _ = surveyed(Numbered(leaks=leaks))
    assert any(call.arguments.get("cursor") for call in history)
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({FIXED.name} if leaks else set())


INTAKE = Operation("rest", "rest:POST /intake", ADD.parameters, reads_only=False)
CHANGE = Operation("rest", "rest:POST /notes/{note_id}/change", EDIT.parameters, reads_only=False)
LABEL = Operation("rest", "rest:POST /labels", ADD.parameters, reads_only=False)


class Workshop(Shelf):
    """What makes notes is not called by them, and tells their ids; labels are stored as well."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [LABEL, INTAKE, CHANGE, self.listing, GET]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve as the others do, under other names."""
        if operation is LABEL:
            self.calls += 1
            return Answer(Outcome.OK, 201, {"label_id": f"l-{self.calls:08x}"})
        known = ADD if operation is INTAKE else EDIT if operation is CHANGE else operation
        answer = super().call(known, arguments, presented)
        if operation is INTAKE and answer.outcome is Outcome.OK:
            return Answer(Outcome.OK, 201, {"note_id": answer.body["id"]})
        return answer


def test_list_is_filled_by_an_operation_that_answers_with_ids_of_its_kind() -> None:
    system = Workshop(FIXED, leaks=True)
    state = state_of(system)
    example = ExampleRun(state, Capabilities.of(system.discover()))
    (alice, *_) = example.members
    said = {"user_id": example.history.subjects["alice"], "text": "note xtalicez00000001"}
    example.execute(PlannedCall(alice, INTAKE.name, said))
    again = ExampleRun(state, Capabilities.of(system.discover()))
    victim, attacker = again.members[:2]
    PagesPart().run(Arrangement(again, Random(1), victim, attacker), 20)
    stored = [each.operation for each in again.history if not each.operation.startswith("rest:GET")]
    assert set(stored) == {INTAKE.name}
    assert Canary().judge(again.history)
