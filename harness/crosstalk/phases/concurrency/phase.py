"""The concurrency phase of a campaign: runs of concurrent clients, and what was wrong in them."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Actor, History, Outcome, Sending
from crosstalk.core.identifiers import is_marker
from crosstalk.core.script import Script, Step
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.oracles import Suspicion
from crosstalk.oracles.observation import identifiers_shown
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.concurrency import clients, parallel_run, plans
from crosstalk.phases.concurrency.baselines import informative
from crosstalk.phases.concurrency.client_behaviour import behaving
from crosstalk.phases.concurrency.confirmation import (
    ATTEMPTS,
    Shrunk,
    calibrate,
    reproduced,
    shows_one_by_one,
    shrunk,
)
from crosstalk.phases.concurrency.evidence import evidence_of
from crosstalk.phases.concurrency.oracle import Concurrency, unstable
from crosstalk.phases.concurrency.plans import ClientPlan, ClientPlanner
from crosstalk.phases.concurrency.slow_calls import slow_readings
from crosstalk.targets.base import Target

_STEPS = 8
_FEWEST = 6
# Steps, readings and clients of a run for which there are few calls.
_BRIEF_STEPS, _BRIEF_READINGS, _BRIEF_FEWEST = 3, 2, 4
# Clients without whom there is no run.
_LEAST_CLIENTS = 2
_SHRINKING_SECONDS = 20.0
# Runs of one call after the other: what one of them shows does not hang on calls at once.
_ONE_BY_ONE = 3
# Where more of the calls were answered busy, the rest says too little.
_MOST_BUSY = 0.25
# Clients of the smallest run, with which a system that refuses more is tried.
_FEWEST_OF_ALL = 2


@dataclass(slots=True)
class ConcurrencyPhase:
    """Runs of concurrent clients, some of which abort their requests.

    Attributes:
        share: Part of the campaign's calls and seconds.
        most: Clients of the largest run.
        least: Calls below which there is no run.
    """

    share: float = 0.2
    most: int = 16
    name: str = "concurrency"
    least: int = 160
    smallest: int = 30
    _suspected: set[str] = field(default_factory=set)
    # A run whose calls are being made, with its script.
    _begun: tuple[History, Script] | None = None
    # No more than so many clients, since the system refused more for being too many.
    _admitted: int = 2**31

    def obstacle(self, target: Target) -> str | None:
        """Return why there can be no concurrent clients; None where there can."""
        if len(target.principals.members) < 2:
            return "there is only one user"
        return target.not_applicable.get(self.name)

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        """Run concurrent clients until the budget is spent or something was found."""
        outcome = PhaseOutcome()
        with suppress(OutOfTimeError):
            self._run_clients(budget, outcome)
        if self._begun is not None:
            # What was made before the time was over had its opportunities, and tells what it does.
            self._judge(budget, *self._begun, outcome)
            self._begun = None
        return outcome

    def _run_clients(self, budget: PhaseBudget, outcome: PhaseOutcome) -> None:
        enough = self.smallest
        while not budget.spent() and budget.left() >= enough and not outcome.findings:
            enough = self.least // 2
            gathered = self._gather(budget)
            if gathered is None:
                break
            history, script = gathered
            if not script.steps:
                why = "nothing was served to a user who called alone"
                outcome.inconclusive.append(
                    Inconclusive(InconclusiveKind.NOT_TRIED, self.name, why)
                )
                break
            if _limited(history) > _MOST_BUSY and self._fewer_clients(script):
                # What was refused says nothing: the same is tried by fewer.
                _count(history, outcome, busy_tells=False)
                continue
            self._judge(budget, history, script, outcome)

    def _fewer_clients(self, script: Script) -> bool:
        """Halve the clients of later runs; return whether there were more than the fewest."""
        made = {
            each.actor.name
            for each in script.steps
            if each.probe is not None and each.probe.part == "concurrent"
        }
        self._admitted = max(_FEWEST_OF_ALL, len(made) // 2)
        return len(made) > _FEWEST_OF_ALL

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        """Replay a script several times if need be; the summary says when it showed."""
        shown = reproduced(budget, script)
        return shown.suspicion if shown is not None else None

    def _gather(self, budget: PhaseBudget) -> tuple[History, Script] | None:
        """One run: a plan that a client drew alone, repeated alone, and then by all at once.

        Returns:
            None where the calls that are left are too few for two clients at once.
        """
        random, salt = budget.random, secrets.randbits(16)
        brief = budget.left() < self.least // 2
        steps_wanted, readings = (
            (_BRIEF_STEPS, _BRIEF_READINGS) if brief else (_STEPS, plans.READINGS)
        )
        fewest = _BRIEF_FEWEST if brief else _FEWEST
        slow = slow_readings(budget.examples, budget.executor.operations) if brief else []
        made_up = clients.can_make_up_users(budget.target)
        # Users who exist may differ in what they may do: each of them is alone once, one twice.
        alone_count = 4 if made_up else len(budget.target.principals.members) + 1
        present = clients.concurrent_clients(budget.target, self.most + alone_count)
        history = clients.with_subjects(budget.target, budget.fresh_history(), present)
        # A session that one client has logged in is no other client's.
        for apart in (True, False):
            planner = ClientPlanner(
                budget.executor,
                history,
                random,
                budget.observations,
                salt,
                budget.knowledge,
                own_rows=made_up,
                slow=slow,
            )
            sending = Sending(client="alone") if apart else None
            plan = planner.draw(present[0], steps_wanted, sending, readings)
            if plan.steps:
                break
        if not plan.steps:
            return history, Script(())

        def client(place: int) -> Actor:
            return present[place % len(present)]

        less = plan.with_less_stored() if made_up and not brief else None
        if made_up and less is None:
            alone_count = 2

        def plan_of(place: int) -> ClientPlan:
            """Return a client's plan: each is made alone twice; every second one stores less."""
            smaller = place >= 2 if place < alone_count else place % 2 == 1
            return less if less is not None and smaller else plan

        first, *others = (
            [
                replace(step, sending=sending)
                for step in plan_of(place).for_client(client(place), place, "alone", salt)
            ]
            for place in range(alone_count)
        )
        alone = [step for steps in others for step in steps]
        long = {each.name for each in budget.executor.operations.values() if each.conversational}
        concurrent: list[Step] = []
        room = budget.left() // len(plan.steps) - alone_count + 1
        wanted = min(self._admitted, max(fewest, min(self.most, room)))
        for place in range(alone_count, alone_count + wanted):
            own = plan_of(place)
            steps = behaving(
                own.for_client(client(place), place, "concurrent", salt),
                place,
                random,
                spared=own.final,
                long=long,
                alone=own.seconds,
                apart=apart,
            )
            if len(alone) + len(concurrent) + len(steps) > budget.left():
                if place < alone_count + _LEAST_CLIENTS:
                    return None
                break
            concurrent += steps
        steps = [*alone, *concurrent]
        self._begun = history, Script((*first, *steps))
        parallel_run.run(budget.executor, history, steps, seed=str(random.random()))
        made, self._begun = self._begun, None
        calibrate(history)
        return made

    def _judge(
        self, budget: PhaseBudget, history: History, script: Script, outcome: PhaseOutcome
    ) -> None:
        _count(history, outcome)
        outcome.inconclusive += [
            Inconclusive(InconclusiveKind.UNSTEADY, each.operation, str(each))
            for each in unstable(history)
        ]
        for suspicion in Concurrency().judge(history):
            if suspicion.operation in self._suspected:
                continue
            self._suspected.add(suspicion.operation)
            outcome.suspected = budget.executor.calls_made
            why = f"not seen again in {ATTEMPTS} attempts"
            confirmed, one_by_one = None, False
            try:
                with budget.executor.replaying():
                    seen = reproduced(budget, script)
                    if seen is not None:
                        confirmed = Shrunk(script, seen, minimal=False)
                        at = seen.suspicion.operation
                        one_by_one = any(
                            shows_one_by_one(budget, script, at) for _ in range(_ONE_BY_ONE)
                        )
                        if not one_by_one:
                            confirmed = shrunk(budget, script, seen, _SHRINKING_SECONDS)
            except OutOfTimeError:
                why = "not replayed: the time was over"
            if confirmed is None:
                said = f"{suspicion.summary} ({why})"
                outcome.inconclusive.append(
                    Inconclusive(InconclusiveKind.UNCONFIRMED, suspicion.operation, said)
                )
                return
            if one_by_one and confirmed.shown.suspicion.differs:
                # Nothing of another user's was shown, and the answer differs by itself, as in an
                # order that is drawn by lot: whether others matter is asked by two worlds.
                continue
            script, shown = confirmed.script, confirmed.shown
            summary = shown.suspicion.summary
            if one_by_one:
                summary += "; one call after the other shows it as well"
            (outcome.explained if one_by_one else outcome.findings).append(
                Finding(
                    oracle=self.name,
                    operation=shown.suspicion.operation,
                    actors=tuple(dict.fromkeys(step.actor.name for step in script.steps)),
                    summary=summary,
                    script=script,
                    confirmed=True,
                    replayed=(1, shown.attempt),
                    evidence=evidence_of(script, shown),
                    rule=BrokenRule.CONCURRENCY,
                    minimal=confirmed.minimal,
                )
            )
            if not one_by_one:
                return
            # What sequential calls show must not hide what concurrent ones alone show.


def _limited(history: History) -> float:
    """Return the part of concurrent clients' calls that was refused for being too many."""
    concurrent = [
        each.answer.outcome is Outcome.LIMITED
        for each in history
        if each.probe is not None and each.probe.part == "concurrent"
    ]
    return sum(concurrent) / len(concurrent) if concurrent else 0.0


def _count(history: History, outcome: PhaseOutcome, *, busy_tells: bool = True) -> None:
    """Count calls, those that showed callers their own, and those that met another user's."""
    planted: dict[str, set[str]] = {}
    busy = concurrent = 0
    for call in history:
        control = outcome.controls.setdefault(call.operation, Control())
        mine = planted.setdefault(call.actor.name, set())
        mine |= {value for value in call.sent if is_marker(value)}
        served = call.answer.outcome is Outcome.OK
        control.calls += 1
        control.answered += served
        control.own_reads += served and bool(mine & identifiers_shown(call.answer))
        if call.probe is not None and call.probe.part == "concurrent":
            aborted = call.sending is not None and call.sending.aborted_at
            concurrent += 1
            busy += not aborted and not informative(call)
    for name, count in Concurrency().opportunities(history).items():
        control = outcome.controls.setdefault(name, Control())
        control.oracles["concurrency"] = control.oracles.get("concurrency", 0) + count
    if busy_tells and busy > _MOST_BUSY * concurrent:
        outcome.inconclusive.append(
            Inconclusive(
                InconclusiveKind.THROTTLED,
                "concurrency",
                f"{busy} of {concurrent} calls of concurrent clients failed, or were answered busy",
            )
        )
