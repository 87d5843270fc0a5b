"""A campaign against a small system in memory: what it comes to, and when it may acquit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from crosstalk.campaign.budget import CampaignBudget
from crosstalk.campaign.events import Emit, Event, PartBegun
from crosstalk.campaign.merge import merged
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.core.errors import TargetFailedError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.history import Answer, Outcome
from crosstalk.core.policy import Person, Policy, Suspend
from crosstalk.core.principals import ALL_PRINCIPALS
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.execution import stopping
from crosstalk.generator.plan.sweep import Sweep
from crosstalk.oracles import Suspicion
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.concurrency import ConcurrencyPhase, phase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.histories import ok
from tests.unit.crosstalk.phases.concurrency.test_phase import Notes

_SUSPICION = Inconclusive(
    InconclusiveKind.UNCONFIRMED, "list", "bob received 'x' (not seen again in 8 attempts)"
)


@dataclass
class _Suspicious:
    """A phase with one suspicion that did not show again."""

    name: str = "tides"
    share: float = 0.0
    least: int = 10
    smallest: int = 0

    def obstacle(self, target: Target) -> str | None:
        return None

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        controls = {"list": Control(oracles={self.name: 1})}
        return PhaseOutcome(controls=controls, inconclusive=[_SUSPICION])

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        return None


class _Failing(Notes):
    """Goes away, interrupts or breaks after some calls; leaks where that is wanted."""

    def __init__(self, calls: int, failure: BaseException | None = None, **leaks: bool) -> None:
        super().__init__(leaks=False)
        self.left = calls
        self.failure = failure
        self.everybodys = leaks.get("everybodys", False)

    def discover(self) -> list[Operation]:
        """The operations of notes, while there is a server to ask."""
        if self.left <= 0 and self.failure is None:
            raise SurfaceError("nothing answers")
        return super().discover()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer as notes do, until the calls are used."""
        self.left -= 1
        if self.left < 0 and self.failure is None:
            return Answer(Outcome.UNREACHABLE, None, None, message="ConnectError")
        if self.left == 0 and self.failure is not None:
            raise self.failure
        answer = super().call(operation, arguments, presented)
        if self.everybodys and operation.name == "list":
            return ok({"items": [{"title": text} for _, text in self.rows]})
        return answer


def _quiet(event: Event) -> None:
    """No report is wanted."""


def _campaign(
    *phases: _Suspicious,
    seed: int = 1,
    notes: Notes | None = None,
    findings: int = 1,
    emit: Emit = _quiet,
    calls: int = 120,
    policy: Policy | None = None,
) -> CampaignResult:
    served = notes or Notes(leaks=False)
    inapplicable = dict.fromkeys(("existence", "identity"), "there are no ids and no tokens")

    def reset() -> None:
        served.rows.clear()

    surfaces = {"mem": served}
    target = Target(
        surfaces,
        served,
        discovered(surfaces),
        reset=reset,
        not_applicable=inapplicable,
        principals=replace(ALL_PRINCIPALS, strangers=()),
        policy=policy,
    )
    options = CampaignOptions(calls=calls, seconds=300.0, seed=seed, findings=findings)
    return Campaign(target, options, emit, phases=phases).run()


def test_phase_that_is_behind_has_its_turn_before_the_plan_is_over() -> None:
    begun: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, PartBegun):
            begun.append(event.name)

    _campaign(_Suspicious(share=0.3, least=5), emit=note, calls=600)
    phase = begun.index("phase tides", begun.index("survey"))
    assert begun.index("first round") < phase < len(begun) - 1


@pytest.mark.parametrize("calls", [120, 700])
def test_survey_comes_before_rules_and_phases(calls: int) -> None:
    begun: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, PartBegun):
            begun.append(event.name)

    _campaign(_Suspicious(share=0.3, least=5), emit=note, calls=calls)
    # What a phase can do without a call comes before all.
    assert begun.index("survey") < begun.index("first round") < begun.index("phase tides", 1)


def test_accounts_come_before_every_operation_is_served_where_calls_are_enough() -> None:
    for calls, early in ((120, False), (600, True)):
        begun: list[str] = []

        def note(event: Event, begun: list[str] = begun) -> None:
            if isinstance(event, PartBegun):
                begun.append(event.name)

        people = {each.name: Person(each.name) for each in ALL_PRINCIPALS.members}
        rule = Suspend(("*",), ("off",), ("on",), "person")
        _campaign(policy=Policy(people=people, suspends=(rule,)), emit=note, calls=calls)
        assert (begun.index("accounts") < begun.index("first sweep")) is early
        assert begun.count("accounts") == 1


def test_accounts_are_tried_before_the_larger_part_is_kept_for_phases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sweeping: list[bool] = []
    monkeypatch.setattr(Sweep, "suspend", lambda _: sweeping.append(budgets[0].sweeping))
    budgets: list[CampaignBudget] = []
    begin = CampaignBudget.__post_init__

    def noted(budget: CampaignBudget) -> None:
        begin(budget)
        budgets.append(budget)

    monkeypatch.setattr(CampaignBudget, "__post_init__", noted)
    people = {each.name: Person(each.name) for each in ALL_PRINCIPALS.members}
    rule = Suspend(("*",), ("off",), ("on",), "person")
    _campaign(policy=Policy(people=people, suspends=(rule,)))
    assert sweeping == [True]


def test_a_sound_system_is_clean() -> None:
    result = _campaign()
    assert (result.verdict, result.inconclusive) == ("clean", [])


def test_a_phases_suspicion_that_does_not_replay_is_inconclusive_in_one_run_and_merged() -> None:
    one = _campaign(_Suspicious())
    assert (one.verdict, one.inconclusive) == ("inconclusive", [_SUSPICION])
    assert merged([one, _campaign(seed=2)]).verdict == "inconclusive"
    assert one.summary()["inconclusive"] == [
        {
            "kind": "unconfirmed",
            "where": "list",
            "text": "bob received 'x' (not seen again in 8 attempts)",
        }
    ]


@dataclass
class _Explaining(_Suspicious):
    """A phase that found what needs nothing of what the phase adds."""

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        finding = Finding(self.name, "list", ("bob",), "bob received 'x'", Script(()))
        return PhaseOutcome(explained=[finding])


def test_explained_finding_of_a_phase_is_told_only_where_no_oracle_found_it() -> None:
    alone = _campaign(_Explaining(), findings=50)
    assert [each.oracle for each in alone.findings] == ["tides"]
    notes = _Failing(10_000, everybodys=True)
    beside = _campaign(_Explaining(), notes=notes, findings=50)
    assert "list" in {each.operation for each in beside.findings}
    assert "tides" not in {each.oracle for each in beside.findings}


def test_a_parallel_run_that_shows_something_once_is_unconfirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.unit.crosstalk.phases.concurrency.test_phase import _turn

    monkeypatch.setattr(phase, "reproduced", lambda budget, script: None)
    outcome = ConcurrencyPhase().run(_turn(Notes(leaks=True)))
    assert {each.kind for each in outcome.inconclusive} == {InconclusiveKind.UNCONFIRMED}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that is gone is not waited for."""
    monkeypatch.setattr(stopping, "_PATIENCE_SECONDS", 0.0)


@pytest.mark.usefixtures("at_once")
def test_a_target_that_goes_away_ends_the_run_and_is_no_clean_one() -> None:
    notes = _Failing(40)
    result = _campaign(notes=notes)
    assert InconclusiveKind.TARGET_FAILED in {each.kind for each in result.inconclusive}
    assert (result.verdict, result.exit_code()) == ("inconclusive", ExitCode.TARGET_FAILED)
    # It is noticed, and not called until the budget is used.
    assert notes.left > -30


@pytest.mark.usefixtures("at_once")
def test_a_leak_found_before_the_target_went_away_stays_a_leak() -> None:
    result = _campaign(notes=_Failing(200, everybodys=True), findings=50)
    assert result.findings
    assert (result.verdict, result.exit_code()) == ("leak", ExitCode.FINDING)


def test_a_run_goes_on_to_its_budget_and_counts_replays_apart() -> None:
    first = _campaign(notes=_Failing(10_000, everybodys=True))
    every = _campaign(notes=_Failing(10_000, everybodys=True), findings=50)
    assert len(first.findings) == 1
    assert first.calls < 120 <= every.calls < 160
    assert every.replay_calls > 0
    assert every.summary()["replay_calls"] == every.replay_calls


class _Telling(Notes):
    """Another leak of the same two operations: who adds a note is told the one before it."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer as notes do, and tell the note before."""
        before = self.rows[-1][1] if self.rows else ""
        answer = super().call(operation, arguments, presented)
        return ok({"before": before, **answer.body}) if operation.name == "add" else answer


def test_fingerprints_are_equal_for_two_seeds_and_differ_for_another_leak() -> None:
    def fingerprints(notes: Notes, seed: int) -> tuple[set[str], set[str]]:
        result = _campaign(notes=notes, seed=seed, findings=50)
        return (
            {each.fingerprint for each in result.findings},
            {each.fingerprint for each in result.defects()},
        )

    first, again = (fingerprints(_Failing(10_000, everybodys=True), seed) for seed in (1, 2))
    assert first[0]
    assert first == again
    other = fingerprints(_Telling(leaks=False), 1)
    assert other[0]
    assert not first[0] & other[0]


def test_a_target_that_never_served_anything_is_an_error_and_no_result() -> None:
    with pytest.raises(TargetFailedError, match="no token"):
        _campaign(notes=_Failing(1, TargetFailedError("no token for alice")))


def test_an_interrupted_run_keeps_what_it_came_to() -> None:
    result = _campaign(notes=_Failing(60, KeyboardInterrupt()))
    assert result.calls > 40
    assert result.controls["list"].own_reads
    assert result.exit_code() is ExitCode.INTERRUPTED


def test_an_error_of_the_generator_is_never_taken_for_a_flaky_example() -> None:
    with pytest.raises(ZeroDivisionError):
        _campaign(notes=_Failing(60, ZeroDivisionError("a fault of ours")))
