"""Of few calls those are for a reading that takes long, in which alone users are mixed up."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.execution.executor import Executor
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.concurrency import ConcurrencyPhase
from crosstalk.phases.concurrency.plans import ClientPlanner
from crosstalk.phases.concurrency.slow_calls import slow_readings
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.histories import ALICE, Writer, ok

TITLE = Parameter("title", {}, True, Role.TEXT)
INVOICE = Parameter("invoice_id", {"type": "string"}, True, Role.REFERENCE)
KINDS = ("client", "parcel", "ticket", "letter")
ADDS = [
    Operation("rest", f"rest:POST /{kind}s", (TITLE,), reads_only=False)
    for kind in ("invoice", *KINDS)
]
LISTS = [
    Operation("rest", f"rest:GET /{kind}s", (), reads_only=True, lists=True)
    for kind in ("invoice", *KINDS)
]
PRINT = Operation("rest", "rest:GET /invoices/{invoice_id}/print", (INVOICE,), reads_only=True)
OPERATIONS = {each.name: each for each in (*ADDS, *LISTS, PRINT)}
CALLS = 48


class Office:
    """Keeps things of several kinds; an invoice is printed in one place for all users, if it leaks.

    Attributes:
        leaks: Whether it does.
    """

    def __init__(self, *, leaks: bool) -> None:
        self.leaks = leaks
        self.kept: dict[str, tuple[str, str, str]] = {}
        self.page: list[str] = []
        self.lock = threading.Lock()

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Store, list or print what is the caller's."""
        me, kind = presented.connection, operation.name.split("/")[1]
        if operation is PRINT:
            _, owner, title = self.kept.get(str(arguments["invoice_id"]), ("", "", ""))
            if owner != me:
                return Answer(Outcome.ERROR, 404, {"problem": "no such invoice"})
            page = self.page if self.leaks else []
            page.clear()
            page.append(title)
            time.sleep(0.02)
            return ok({"page": list(page)})
        with self.lock:
            if operation in LISTS:
                mine = [(i, t) for i, (k, o, t) in self.kept.items() if (k, o) == (kind, me)]
                return ok({"items": [{"id": i, "title": t} for i, t in mine]})
            made, title = str(uuid.uuid4()), str(arguments.get("title", ""))
            self.kept[made] = (kind, me, title)
            return ok({"id": made, "title": title})

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)


def _example(*, seconds: float) -> History:
    story = Writer()
    for operation in (*ADDS, *LISTS, PRINT):
        call = story.call(ALICE, operation.name, {}, ok({})).history.calls[-1]
        took = seconds if operation is PRINT else 0.002
        object.__setattr__(call, "started", 1.0)
        object.__setattr__(call, "ended", 1.0 + took)
    return story.history


def _turn(system: Office, examples: Sequence[History]) -> PhaseBudget:
    executor = Executor({"rest": system}, OPERATIONS, system)
    target = Target({"rest": system}, system, discovered({"rest": system}))

    def fresh() -> History:
        system.kept.clear()
        return History({"alice": "alice-1", "bob": "bob-1"})

    deadline = time.monotonic() + 60
    return PhaseBudget(target, executor, examples, tuple(LISTS), fresh, Random(3), CALLS, deadline)


@pytest.mark.parametrize("leaks", [True, False])
def test_a_reading_that_takes_long_is_made_by_several_at_once(*, leaks: bool) -> None:
    outcome = ConcurrencyPhase().run(_turn(Office(leaks=leaks), [_example(seconds=0.02)]))
    assert [each.operation for each in outcome.findings] == ([PRINT.name] if leaks else [])
    assert outcome.controls[PRINT.name].own_reads > 2


@pytest.mark.parametrize(("seconds", "slow"), [(0.02, [PRINT]), (0.005, []), (0.002, [])])
def test_only_time_that_no_other_takes_is_long(seconds: float, slow: list[Operation]) -> None:
    assert slow_readings([_example(seconds=seconds)], OPERATIONS) == slow


def test_nothing_is_slow_before_the_first_example() -> None:
    assert slow_readings([], OPERATIONS) == []


SUMMARY = Operation("rest", "rest:GET /overview", (), reads_only=True)


class Overview(Office):
    """Shows letters of an overview by their titles, of all else nothing."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Store, list, or show the titles of the caller's letters."""
        if operation is not SUMMARY:
            return super().call(operation, arguments, presented)
        mine = [t for k, o, t in self.kept.values() if (k, o) == ("letters", presented.connection)]
        return ok({"letters": mine})


@pytest.mark.parametrize("seed", range(4))
def test_clients_store_what_a_reading_of_everything_shows(seed: int) -> None:
    system = Overview(leaks=False)
    operations = {each.name: each for each in (*ADDS[2:], SUMMARY)}
    planner = ClientPlanner(
        Executor({"rest": system}, operations, system),
        History({"alice": "alice-1"}),
        Random(seed),
        [SUMMARY],
        1,
        ArgumentKnowledge(),
        slow=[SUMMARY],
    )
    plan = planner.draw(ALICE, 3, None, 1)
    assert [each.operation for each in plan.steps] == ["rest:POST /letters", SUMMARY.name]
