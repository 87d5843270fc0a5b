"""The phase of limits against a list in memory that counts calls by a key."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, Call, Channel, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.limits.phase import LimitsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target

LIST = Operation("mem", "list", (), reads_only=True, lists=True)
PER_USER, FOR_ALL = (lambda user: user), (lambda user: "all")


class Counted:
    """Answers a number of calls for each key, from a start to the next one."""

    def __init__(self, key: Callable[[str], str], limit: int = 20) -> None:
        self.key = key
        self.limit = limit
        self.made: Counter[str] = Counter()
        self.started = 0

    def discover(self) -> list[Operation]:
        """One listing."""
        return [LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call, or refuse one too many."""
        key = self.key(presented.connection)
        self.made[key] += 1
        if self.made[key] > self.limit:
            return Answer(Outcome.LIMITED, 429, None, {"retry-after": "1"})
        return Answer(Outcome.OK, 200, {"items": ["mine"]})

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""

    def production(self) -> None:
        """Note that it was asked for."""
        self.started += 1


def budget(system: Counted, *, calls: int = 1_000) -> PhaseBudget:
    """A budget of calls with its limits as in production."""
    executor = Executor({"mem": system}, {LIST.name: LIST}, system)
    number = iter(range(1, 1_000))

    def fresh() -> History:
        nonce = next(number)
        return History({name: f"{name}-{nonce}" for name in USERS})

    return PhaseBudget(
        target=Target({"mem": system}, system, {LIST.name: LIST}, production=system.production),
        executor=executor,
        examples=(),
        observations=(LIST,),
        fresh_history=fresh,
        random=Random(1),
        calls=calls,
        deadline=time.monotonic() + 60.0,
    )


def phase_of(system: Counted) -> LimitsPhase:
    """The phase; time passes, in which the limits count from zero again."""
    return LimitsPhase(sleep=lambda seconds: system.made.clear())


def test_a_limit_that_all_users_share_refuses_another_users_first_call() -> None:
    system = Counted(FOR_ALL)
    outcome = phase_of(system).run(budget(system))
    (finding,) = outcome.findings
    assert system.started == 1
    assert finding.oracle == "limits"
    assert finding.replayed == (2, 2)
    used_up, first = finding.evidence
    assert "uses the limit up" in used_up.call
    assert "a first call" in first.call
    assert outcome.suspected is not None


def test_a_short_campaign_does_not_begin_with_it() -> None:
    system = Counted(FOR_ALL)
    outcome = phase_of(system).run(budget(system, calls=20))
    assert (outcome.findings, outcome.controls, system.started) == ([], {}, 0)


def test_limits_of_each_users_own_are_counted_as_an_opportunity() -> None:
    system = Counted(PER_USER)
    given = budget(system)
    outcome = phase_of(system).run(given)
    assert outcome.findings == []
    assert outcome.inconclusive == []
    assert outcome.situations["limits used up"] == 1
    # What is used up on purpose is no obstacle to the run.
    assert given.executor.outcomes[Outcome.LIMITED]
    assert not given.executor.limited
    assert outcome.controls["list"].oracles["limits"] == 1


def test_a_system_without_a_limit_is_called_a_bounded_number_of_times() -> None:
    system = Counted(PER_USER, limit=100_000)
    outcome = phase_of(system).run(budget(system))
    assert outcome.findings == []
    assert outcome.situations["limits used up"] == 0
    assert 300 <= outcome.situations["calls of one user that met no limit"] <= 340


@pytest.mark.parametrize("calls", [160, 200, 250])
def test_no_more_calls_are_made_than_the_budget_has(calls: int) -> None:
    system = Counted(PER_USER, limit=100_000)
    given = budget(system, calls=calls)
    LimitsPhase().run(given)
    assert calls - 41 <= given.executor.calls_made <= calls


def test_a_refusal_that_does_not_come_again_is_left_open() -> None:
    system = Counted(FOR_ALL)

    def pass_time(seconds: float) -> None:
        system.made.clear()
        system.key = PER_USER

    outcome = LimitsPhase(sleep=pass_time).run(budget(system))
    assert outcome.findings == []
    (doubt,) = outcome.inconclusive
    assert "not when it was tried again" in doubt.text


def test_a_finding_shows_again_and_not_on_the_repaired_system() -> None:
    system = Counted(FOR_ALL)
    (finding,) = phase_of(system).run(budget(system)).findings
    system.made.clear()
    assert LimitsPhase().reproduces(budget(system), finding.script) is not None
    repaired = Counted(PER_USER)
    assert LimitsPhase().reproduces(budget(repaired), finding.script) is None


@pytest.mark.parametrize("accepted", [True, False])
def test_limits_that_cannot_be_had_or_are_accepted_as_shared_are_obstacles(accepted: bool) -> None:
    system = Counted(PER_USER)
    made = Target(
        {"mem": system},
        system,
        {LIST.name: LIST},
        production=system.production if accepted else None,
        accepted=frozenset({Channel.SHARED_LIMITS}) if accepted else frozenset(),
    )
    assert LimitsPhase().obstacle(made) is not None
    assert LimitsPhase().obstacle(budget(system).target) is None


def test_services_load_for_their_limits_before_the_phase_begins() -> None:
    system, told = Counted(PER_USER), []
    target = Target({"mem": system}, system, {LIST.name: LIST}, production=system.production)
    # Nothing can be prepared there.
    LimitsPhase().prepare(target)
    LimitsPhase().prepare(replace(target, production_soon=lambda: told.append("soon")))
    assert told == ["soon"]
    assert system.started == 0


ADD = Operation(
    "mem",
    "add",
    (Parameter("text", {"type": "string"}, True, Role.TEXT),),
    reads_only=False,
)


class UnderWay(Counted):
    """Counts the requests that are under way for each key, 60 at most."""

    def __init__(self, key: Callable[[str], str]) -> None:
        super().__init__(key, limit=100_000)
        self.held: Counter[str] = Counter()

    def discover(self) -> list[Operation]:
        """One listing, and what stores something."""
        return [LIST, ADD]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Refuse one too many."""
        if self.held[self.key(presented.connection)] > 60:
            return Answer(Outcome.LIMITED, 429, None)
        return super().call(operation, arguments, presented)


class Holding(Executor):
    """Tells the system which requests are held while others are made."""

    def execute_all(self, history: History, planned: Sequence[PlannedCall]) -> list[Call]:
        """Make calls beside those that are held."""
        (system,) = self._surfaces.values()
        assert isinstance(system, UnderWay)
        for each in planned:
            if each.sending is not None and each.sending.aborted_at == "body":
                subject = history.subjects[each.actor.claims]
                system.held[system.key(subject)] += each.sending.copies
        # The calls beside them wait until they are under way; here they are from the beginning.
        soon = [replace(each, sending=None) for each in planned]
        made = super().execute_all(history, soon)
        system.held.clear()
        for each, call in zip(planned, made, strict=True):
            history.calls[call.index - 1] = replace(call, sending=each.sending)
        return [history.calls[call.index - 1] for call in made]


def _holding(system: UnderWay) -> PhaseBudget:
    operations = {each.name: each for each in system.discover()}
    executor = Holding({"mem": system}, operations, system, 4)
    return replace(budget(system), executor=executor)


def _run(key: Callable[[str], str]) -> PhaseOutcome:
    system = UnderWay(key)
    return phase_of(system).run(_holding(system))


def test_requests_that_one_user_holds_open_refuse_another_users_first_call() -> None:
    (finding,) = _run(FOR_ALL).findings
    assert finding.operation == ADD.name
    held, *beside = (each.sending for each in finding.script.steps if each.sending)
    assert (held.aborted_at, held.copies) == ("body", 100)
    assert all(0 < each.after < held.after for each in beside)
    assert len({each.together for each in finding.script.steps}) == 1


def test_requests_under_way_that_are_counted_for_each_user_are_an_opportunity() -> None:
    outcome = _run(PER_USER)
    assert outcome.findings == []
    assert outcome.controls[ADD.name].oracles["limits"] == 1
    assert outcome.situations["requests held open"] == 100


def test_requests_that_are_held_open_are_replayed_beside_the_first_call() -> None:
    system = UnderWay(FOR_ALL)
    given = _holding(system)
    (finding,) = phase_of(system).run(given).findings
    assert phase_of(system).reproduces(given, finding.script) is not None
    system.key = PER_USER
    assert phase_of(system).reproduces(given, finding.script) is None
