"""The campaign's phase: looks for a limit at each surface, and tries whose it is."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from crosstalk.core.history import Channel, History, Outcome
from crosstalk.core.limit_refusals import refused_for_many
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.execution.limit_record import EarlyRefusal
from crosstalk.execution.script_runner import ScriptRunner
from crosstalk.execution.stopping import OutOfTimeError, stopping_the_run
from crosstalk.oracles.base import Suspicion
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.limits.choice import chosen, storing
from crosstalk.phases.limits.evidence import NAME, TRIALS, finding_of, suspicion_of, told_suspicion
from crosstalk.phases.limits.held_requests import HELD, HeldRequests
from crosstalk.phases.limits.met import LimitsMet
from crosstalk.phases.limits.own_calls import try_limit
from crosstalk.phases.limits.short_trials import MOST_FEW, NamingNothing, suspected
from crosstalk.phases.limits.told import CountsTold, changed_by_others
from crosstalk.phases.limits.trial import MOST_CALLS, MOST_OBSERVED, Trial, Trier, accepted
from crosstalk.surface.http.exchange import retry_after
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target

_MEMBERS = 3
# Seconds after which a limit that was used up lets a first call through again.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 2.0, 10.0
# Seconds below which no trial is begun, and the phase is not begun.
_LEAST_SECONDS = 3.0
_SECONDS_TO_BEGIN = 20.0
# Seconds below which no requests are held open.
_SECONDS_TO_HOLD = 12.0
# Calls below which a trial shows nothing.
_LEAST_CALLS = 10
# Times that an operation is tried again which refused users on the way.
_MOST_REVIEWS = 2
# Situations that are counted.
USED_UP = "limits used up"
CALLS = "calls of one user that met no limit"
HELD_OPEN = "requests held open"


class LimitsPhase:
    """Has one user use a limit up, and another call for the first time.

    Args:
        sleep: Waits, in seconds.
    """

    name = NAME
    # Nothing before the end: users whose limit is used up would be of no use to the others.
    share = 0.0
    least, longest = 320, 800
    smallest = 160

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        # Operation to how often what was refused on the way was tried again.
        self._reviewed: Counter[str] = Counter()
        # Operations whose limit was found to be shared.
        self._shared: set[str] = set()

    def obstacle(self, target: Target) -> str | None:
        """Limits that cannot be had, that are accepted as shared, or that too few users have."""
        if target.production is None:
            return "the limits of production cannot be had here, or calls are spaced to keep them"
        if Channel.SHARED_LIMITS in target.accepted:
            return "accepted: a limit counts what several users do"
        if len(target.principals.members) < _MEMBERS:
            return "there are fewer than three users"
        return None

    def prepare(self, target: Target) -> None:
        """Have the services load that will run with their limits."""
        if target.production_soon is not None:
            with stopping_the_run():
                target.production_soon()

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        """Try the limits of operations one after the other, the likeliest first."""
        outcome = PhaseOutcome()
        target = budget.target
        # To start services again takes longer than a short campaign should.
        starts = target.production_soon is not None
        hurried = starts and budget.executor.seconds_left() < _SECONDS_TO_BEGIN
        if target.production is None or hurried or budget.calls < self.smallest:
            return outcome
        with suppress(OutOfTimeError), budget.executor.using_up_limits():
            with stopping_the_run():
                target.production()
            for operation in storing(budget):
                if not outcome.findings and budget.executor.seconds_left() >= _SECONDS_TO_HOLD:
                    self._hold(operation, budget, outcome)
            self._try_few(budget, outcome)
            for each in chosen(budget):
                # Nothing comes after it: what is left of the run's time is its own.
                if outcome.findings or budget.executor.seconds_left() < _LEAST_SECONDS:
                    break
                most = min(MOST_CALLS, each.most(_calls_left(budget)))
                if most >= _LEAST_CALLS and each.operation.name not in self._shared:
                    self._try(each.operation, budget, outcome, most)
        return outcome

    def review(self, history: History, budget: PhaseBudget) -> PhaseOutcome:
        """Try again what refused a user who had done less than others, in replayed calls."""
        del history
        outcome = PhaseOutcome()
        if self.obstacle(budget.target) is not None:
            return outcome
        with suppress(OutOfTimeError), budget.executor.using_up_limits():
            for early in list(budget.executor.limits.early.values()):
                met = LimitsMet(budget, _trier, lambda trial: self._sleep(_pause(trial)))
                if self._may_try(early.call.operation) and (found := met.confirm(early)):
                    self._take_in(found, early.made, outcome)
                else:
                    # Another user's refusal is looked at, if there is one.
                    del budget.executor.limits.early[early.call.operation]
            for name, place in list(budget.executor.limits.telling.items()):
                if self._may_try(name) and (
                    told := CountsTold(budget, _trier).confirm(name, place)
                ):
                    self._take_in(told, budget.executor.calls_made, outcome)
                else:
                    del budget.executor.limits.telling[name]
        return outcome

    def _may_try(self, name: str) -> bool:
        """Count a trial of what an operation has shown on the way, unless it had enough."""
        self._reviewed[name] += 1
        return self._reviewed[name] <= _MOST_REVIEWS

    def _take_in(self, found: Finding, made: int, outcome: PhaseOutcome) -> None:
        self._reviewed[found.operation] = _MOST_REVIEWS
        self._shared.add(found.operation)
        outcome.suspected = made
        outcome.situations[USED_UP] += 1
        outcome.findings.append(found)

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        """Play a finding's script again, after its last call alone, which must be served."""
        if budget.target.production is not None:
            with stopping_the_run():
                budget.target.production()
        alone = script.only(script.needed_for([script.steps[-1].number]))
        if alone is None:
            return None
        last, history = None, History({})
        for each in (alone, script):
            history = budget.fresh_history()
            ScriptRunner(budget.executor, history).run_script(each)
            last = history.calls[-1] if len(history) else None
            if each is alone and (last is None or not accepted(last)):
                return None
        if last is None or not refused_for_many(last.answer):
            told = changed_by_others(history)
            return told_suspicion(history, *told) if told else None
        return suspicion_of(last)

    def _try(
        self, operation: Operation, budget: PhaseBudget, outcome: PhaseOutcome, most: int
    ) -> None:
        self._confirm(
            operation,
            budget,
            outcome,
            lambda: try_limit(budget, _trier(budget), operation, most),
        )

    def _try_few(self, budget: PhaseBudget, outcome: PhaseOutcome) -> None:
        """Try limits of few calls, and what refused another user once more by itself."""
        for operation, trial in suspected(budget, _trier(budget)):
            self._sleep(_pause(trial))
            naming = NamingNothing(budget, _trier(budget))
            self._confirm(
                operation,
                budget,
                outcome,
                partial(_few, naming, budget, operation),
            )
            if outcome.findings:
                return

    def _hold(self, operation: Operation, budget: PhaseBudget, outcome: PhaseOutcome) -> None:
        """Have one user hold very many requests open, and another call for the first time."""
        held = HeldRequests(budget.executor, _trier(budget))
        if held.possible:
            outcome.situations[HELD_OPEN] += HELD
            self._confirm(
                operation, budget, outcome, lambda: held.run(budget.fresh_history(), operation)
            )

    def _confirm(
        self,
        operation: Operation,
        budget: PhaseBudget,
        outcome: PhaseOutcome,
        run: Callable[[], Trial | None],
    ) -> None:
        """Make a trial, and again where it shows a shared limit."""
        trial = run()
        if trial is None:
            return
        self._count(trial, outcome)
        if not trial.shared:
            return
        outcome.suspected = budget.executor.calls_made
        with budget.executor.replaying():
            for _ in range(1, TRIALS):
                self._sleep(_pause(trial))
                again = run()
                if again is None or refused_for_many(again.control.answer):
                    self._stays_used_up(trial, budget, outcome)
                    return
                if not again.shared:
                    why = "once, and not when it was tried again"
                    outcome.inconclusive.append(
                        Inconclusive(
                            InconclusiveKind.UNCONFIRMED,
                            operation.name,
                            f"a first call was refused after another user's calls {why}",
                        )
                    )
                    return
                trial = again
        outcome.findings.append(finding_of(trial))

    def _stays_used_up(self, trial: Trial, budget: PhaseBudget, outcome: PhaseOutcome) -> None:
        """Confirm by new users what a trial has shown that cannot be made again: a quota."""
        if trial.observed is None:
            return
        for call in trial.history:
            if call.answer.outcome is Outcome.OK:
                budget.executor.limits.stored[call.operation].append((trial.history, call))
        calls = len(trial.history)
        early = EarlyRefusal(trial.observed, 0, calls, calls, budget.executor.calls_made)
        found = LimitsMet(budget, _trier, lambda _: None).confirm(early)
        outcome.findings += [found] if found is not None else []

    def _count(self, trial: Trial, outcome: PhaseOutcome) -> None:
        name = trial.control.operation
        control = outcome.controls.setdefault(name, Control())
        control.calls += len(trial.history)
        control.answered += sum(map(accepted, trial.history))
        if trial.conclusive:
            outcome.situations[USED_UP] += 1
            control.oracles[self.name] = control.oracles.get(self.name, 0) + 1
        elif accepted(trial.control):
            outcome.situations[CALLS] += len(trial.history) - 1


def _few(naming: NamingNothing, budget: PhaseBudget, operation: Operation) -> Trial:
    return naming.run(budget.fresh_history(), operation, MOST_FEW)


def _trier(budget: PhaseBudget) -> Trier:
    """Return what makes trials with three users in an order that is drawn."""
    members = list(budget.target.principals.members)
    budget.random.shuffle(members)
    one, two, three = members[:_MEMBERS]
    return Trier(budget.executor, (one, two, three), budget.random, budget.knowledge)


def _calls_left(budget: PhaseBudget) -> int:
    """Return the calls by which limits may be used up, so that the observer's are left."""
    return budget.left() - 1 - MOST_OBSERVED * max(1, budget.executor.concurrency)


def _pause(trial: Trial) -> float:
    """Return the seconds after which the first call of a trial is served again."""
    refused = [each for each in (trial.refused, trial.observed) if each is not None]
    waits = [retry_after(each.answer) for each in refused]
    return min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, *waits))
