"""Concurrent clients of a small system in memory that is wrong under load, or right."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.script import Script
from crosstalk.core.verdict import InconclusiveKind
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.concurrency import ConcurrencyPhase
from crosstalk.phases.concurrency.clients import concurrent_clients, with_subjects
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.histories import ok, refused

_ADD = Operation("mem", "add", (Parameter("title", {}, True, Role.TEXT),), reads_only=False)
_LIST = Operation("mem", "list", (), reads_only=True, lists=True)


class Notes:
    """Keeps notes by user; who calls is in a global while a call is served, if it leaks."""

    def __init__(self, *, leaks: bool) -> None:
        self.leaks = leaks
        self.current = ""
        self.rows: list[tuple[str, str]] = []
        self.lock = threading.Lock()

    def discover(self) -> list[Operation]:
        """Two operations."""
        return [_ADD, _LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Add or list, after a moment in which others can come."""
        self.current = presented.connection
        time.sleep(0.002)
        who = self.current if self.leaks else presented.connection
        with self.lock:
            if operation is _ADD:
                title = str(arguments.get("title", ""))
                self.rows.append((who, title))
                return ok({"title": title})
            return ok({"items": [{"title": text} for owner, text in self.rows if owner == who]})

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)


def _turn(system: Notes, calls: int = 200) -> PhaseBudget:
    executor = Executor({"mem": system}, {o.name: o for o in system.discover()}, system)
    target = Target({"mem": system}, system, discovered({"mem": system}))

    def fresh() -> History:
        system.rows.clear()
        return History({"alice": "alice-1", "bob": "bob-1"})

    deadline = time.monotonic() + 60
    return PhaseBudget(
        target,
        executor,
        (),
        tuple(o for o in system.discover() if o.lists),
        fresh,
        Random(7),
        calls,
        deadline,
    )


def test_concurrency_phase_finds_a_system_that_mixes_users_up_under_load() -> None:
    phase = ConcurrencyPhase()
    outcome = phase.run(_turn(Notes(leaks=True)))
    (finding,) = outcome.findings
    shown = finding.evidence[-1]
    assert "beside concurrent clients" in shown.call
    assert shown.call.split(":")[0] in finding.script.lines()[shown.number - 1]
    assert finding.confirmed
    assert finding.oracle == "concurrency"
    assert "attempt" in finding.summary
    concurrent = {
        each.actor.name for each in finding.script.steps if _part(each.probe) == "concurrent"
    }
    # Shrunk: two clients are enough.
    assert len(concurrent) < 6
    again = Script.from_json(finding.script.to_json())
    assert phase.reproduces(_turn(Notes(leaks=True)), again) is not None
    assert phase.reproduces(_turn(Notes(leaks=False)), again) is None


def test_concurrency_phase_finds_nothing_where_users_are_kept_apart_and_had_opportunities() -> None:
    outcome = ConcurrencyPhase().run(_turn(Notes(leaks=False)))
    assert outcome.findings == []
    assert outcome.inconclusive == []
    assert outcome.controls["list"].oracles["concurrency"] > 10
    assert outcome.controls["list"].own_reads > 10


def test_run_that_is_cut_short_had_the_opportunities_of_what_was_made() -> None:
    budget, phase = _turn(Notes(leaks=False)), ConcurrencyPhase()
    with budget.executor.within(120):
        outcome = phase.run(budget)
    assert budget.executor.calls_made <= 120
    assert outcome.controls["list"].oracles["concurrency"] > 0
    assert (outcome.findings, outcome.inconclusive) == ([], [])


def test_concurrent_clients_store_different_amounts_and_each_is_made_alone_as_well() -> None:
    system = Notes(leaks=False)
    outcome = ConcurrencyPhase().run(_turn(system))
    stored = Counter(owner for owner, _ in system.rows)
    amounts = Counter(stored.values())
    # More clients than the four that are alone store as much as another, and as little.
    assert len(amounts) >= 2
    assert all(count >= 4 for count in amounts.values())
    assert (outcome.findings, outcome.inconclusive) == ([], [])


class Everybodys(Notes):
    """Lists the notes of all users to each of them, whoever else calls."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Add a note, or list all."""
        answer = super().call(operation, arguments, presented)
        if operation is _LIST:
            return ok({"items": [{"title": text} for _, text in self.rows]})
        return answer


def test_leak_that_sequential_calls_show_as_well_is_not_a_finding_of_concurrency() -> None:
    outcome = ConcurrencyPhase().run(_turn(Everybodys(leaks=False)))
    assert outcome.findings == []
    (finding,) = outcome.explained
    assert finding.operation == "list"
    assert finding.summary.endswith("one call after the other shows it as well")


class Unordered(Notes):
    """Lists one's own notes, now and then in another order, whoever else calls."""

    def __init__(self) -> None:
        super().__init__(leaks=False)
        self._lot = random.Random(4)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Add a note, or list one's own."""
        answer = super().call(operation, arguments, presented)
        if operation is _LIST and self._lot.random() < 0.1:
            return ok({"items": answer.body["items"][::-1]})
        return answer


def test_answer_that_differs_by_itself_is_not_a_finding() -> None:
    outcome = ConcurrencyPhase().run(_turn(Unordered()))
    assert (outcome.findings, outcome.explained) == ([], [])


def test_concurrency_phase_stays_within_its_turn() -> None:
    budget = _turn(Notes(leaks=False), calls=160)
    ConcurrencyPhase().run(budget)
    assert budget.left() > -40


def test_users_that_cannot_be_made_up_are_several_clients_each() -> None:
    system = Notes(leaks=False)
    fixed = {"alice": "alice@example.org", "bob": "bob@example.org", "carol": "carol@example.org"}
    target = Target(
        {"mem": system}, system, discovered({"mem": system}), subjects=lambda nonce: fixed
    )
    actors = concurrent_clients(target, 4)
    assert [each.name for each in actors] == [
        "alice, client 1",
        "bob, client 1",
        "carol, client 1",
        "alice, client 2",
    ]
    assert with_subjects(target, History(fixed), actors).subjects == fixed


def test_made_up_users_each_have_a_subject_of_their_own() -> None:
    system = Notes(leaks=False)
    target = Target({"mem": system}, system, discovered({"mem": system}))
    history = with_subjects(target, History({}), concurrent_clients(target, 20))
    assert len(set(history.subjects.values())) == 20


def _part(probe: Any) -> str:
    return str(probe.part) if probe is not None else ""


def test_names_of_clients_have_one_length_so_that_sizes_of_what_they_store_are_alike() -> None:
    system = Notes(leaks=False)
    target = Target({"mem": system}, system, discovered({"mem": system}))
    names = [each.name for each in concurrent_clients(target, 34)]
    assert len(names) == 34
    assert {len(each) for each in names} == {4}


_FIXED = {"alice": "alice", "bob": "bob", "carol": "carol"}


class Plates:
    """Keeps vehicles of users who exist already, each under a plate that one owner has once."""

    plate = Parameter("plate", {"type": "string", "maxLength": 8}, True, Role.TEXT)
    key = Parameter("plate_id", {"type": "string"}, True, Role.REFERENCE)
    operations = (
        Operation("mem", "add_plate", (plate,), reads_only=False),
        Operation("mem", "list_plates", (), reads_only=True, lists=True),
        Operation("mem", "delete_plate", (key,), reads_only=False),
    )

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []
        self.refused = 0
        self.lock = threading.Lock()

    def discover(self) -> list[Operation]:
        """Three operations."""
        return list(self.operations)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Add a plate, list one's own in the order of their plates, or delete one."""
        who = presented.connection
        with self.lock:
            mine = sorted(row for row in self.rows if row[0] == who)
            if operation.name == "list_plates":
                return ok([{"id": key, "plate": plate} for _, plate, key in mine])
            if operation.name == "add_plate":
                plate = str(arguments.get("plate", ""))
                if any(row[1] == plate for row in mine):
                    self.refused += 1
                    return refused(409, "conflict")
                # The write's own answer has no id: only the list tells it.
                self.rows.append((who, plate, f"{uuid.uuid4()}"))
                return ok({"plate": plate}, 201)
            gone = [row for row in mine if row[2] == arguments.get("plate_id")]
            if not gone:
                return refused(404, "not_found")
            self.rows.remove(gone[0])
            return ok({"deleted": True})

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)


def test_clients_of_one_user_do_not_take_each_others_objects_for_their_own() -> None:
    for seed in range(3):
        system = Plates()
        executor = Executor({"mem": system}, {o.name: o for o in system.operations}, system)
        target = Target(
            {"mem": system},
            system,
            discovered({"mem": system}),
            subjects=lambda nonce: _FIXED,
            persistent=True,
        )
        budget = PhaseBudget(
            target,
            executor,
            (),
            (system.operations[1],),
            lambda: History(_FIXED),
            Random(seed),
            200,
            time.monotonic() + 60,
        )
        outcome = ConcurrencyPhase().run(budget)
        assert outcome.findings == []
        assert outcome.inconclusive == []
        # Each client has texts of its own although no whole marker has room in them.
        assert system.refused == 0


class Narrow(Notes):
    """Serves few calls at once, and refuses more for being too many."""

    def __init__(self, at_once: int) -> None:
        super().__init__(leaks=False)
        self.at_once = at_once
        self.under_way = 0
        self.counting = threading.Lock()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call, if few others are under way."""
        with self.counting:
            if self.under_way >= self.at_once:
                return Answer(Outcome.LIMITED, 429, None, {}, "rate_limited")
            self.under_way += 1
        try:
            return super().call(operation, arguments, presented)
        finally:
            with self.counting:
                self.under_way -= 1


def test_system_that_refuses_many_clients_is_tried_by_fewer() -> None:
    outcome = ConcurrencyPhase().run(_turn(Narrow(4), calls=900))
    assert outcome.findings == []
    assert [each for each in outcome.inconclusive if each.kind is InconclusiveKind.THROTTLED] == []
    assert outcome.controls["list"].oracles["concurrency"] > 0


def test_system_that_serves_one_call_at_a_time_is_said_to_be_throttled() -> None:
    outcome = ConcurrencyPhase().run(_turn(Narrow(0), calls=900))
    assert outcome.findings == []
    assert outcome.inconclusive
