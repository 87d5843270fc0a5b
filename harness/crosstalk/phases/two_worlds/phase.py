"""The campaign's phase: takes the histories of its examples, and runs them in two worlds."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.evidence import Exchange
from crosstalk.core.history import Actor, Channel, History
from crosstalk.core.history import Outcome as Answered
from crosstalk.core.policy.flows import flows_of_policy
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.execution.cause import act_in
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.oracles.base import Suspicion
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.two_worlds.comparison import (
    ABSENT,
    ACTIVE,
    SECRETS,
    Place,
    differences,
    unsteady,
)
from crosstalk.phases.two_worlds.evidence import evidence_of
from crosstalk.phases.two_worlds.minimization import Shrinker, Shrunk, repeated
from crosstalk.phases.two_worlds.oracle import TwoWorlds
from crosstalk.phases.two_worlds.permitted_sources import partners
from crosstalk.phases.two_worlds.plan import WorldsPlan, plan_of
from crosstalk.phases.two_worlds.world_runs import WorldRunner
from crosstalk.surface.http.exchange import retry_after
from crosstalk.targets.base import Target

# Two worlds cost less than three, and most of what differs differs between two.
_SECRETS_EVERY = 3
_SHRINKING_SECONDS = 30.0
# The smallest part of a usual plan: with less, nothing that the observer reads may be served.
_BRIEFEST = 0.35
_REMEMBERED = 64
_PAUSED_VISITS = 3
_SHORTEST_PAUSE, _LONGEST_PAUSE = 2.0, 10.0


class _NotShownAgainError(Exception):
    """A difference does not show when it is replayed."""


class TwoWorldsPhase:
    """Runs histories in two worlds; counts what was read, so that everything is in time.

    Args:
        sleep: Waits, in seconds.
    """

    name = TwoWorlds.name
    share = 0.18
    least = 100

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._oracle = TwoWorlds()
        self._read_so_far: Counter[str] = Counter()
        self._done: deque[History] = deque(maxlen=_REMEMBERED)
        self._noise: set[Place] = set()
        self._visits = 0
        self._patience = _PAUSED_VISITS

    def obstacle(self, target: Target) -> str | None:
        """Users who are fixed, with nothing reset; no other user; or sharing of everything."""
        members = [each.name for each in target.principals.members]
        if target.persistent:
            return (
                "the users are fixed and nothing is reset, so that every world holds what was done "
                "in the ones before it: add a reset command, or leave the users out"
            )
        if len(members) < 2:
            return "there is one user only"
        flows = (*target.allowed_flows, *flows_of_policy(target.policy, target.operations))
        if all(len(partners(flows, each, members)) == len(members) - 1 for each in members):
            said = "allowed_flows" if target.policy is None else "the policy"
            return f"{said} shares everything with every user"
        return None

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        """Play examples, one after the other, until the budget is spent or something is found."""
        outcome = PhaseOutcome()
        runner = self._runner(budget)
        examples = [
            each for each in budget.examples if all(each is not done for done in self._done)
        ]
        # The one in which most was done by most shows most.
        examples.sort(key=_activity)
        with suppress(OutOfTimeError):
            while examples and not budget.spent() and not outcome.findings:
                history = examples.pop()
                self._done.append(history)
                plan = self._plan(history, runner, budget)
                if plan is not None:
                    self._visit(plan, runner, budget, outcome)
        return outcome

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        """Play a finding's script in its worlds again; the suspicion if it shows again."""
        plan = WorldsPlan.of(script)
        if plan is None:
            return None
        worlds = repeated((ABSENT, ACTIVE, SECRETS), 2)
        history = self._runner(budget).run(plan, worlds)
        return next(iter(self._oracle.judge(history)), None)

    @staticmethod
    def _runner(budget: PhaseBudget) -> WorldRunner:
        own_words = budget.target.reset is None
        return WorldRunner(budget.executor, budget.fresh_history, own_words=own_words)

    def _plan(
        self, history: History, runner: WorldRunner, budget: PhaseBudget
    ) -> WorldsPlan | None:
        operations = runner.executor.operations
        observers = _shuffled(budget.target.principals.members, budget.random)
        size = min(1.0, max(_BRIEFEST, budget.left() / self.least))
        plans = (
            plan_of(history, operations, each, budget.random, self._read_so_far, size)
            for each in observers
        )
        return next((each for each in plans if each is not None), None)

    def _visit(
        self, plan: WorldsPlan, runner: WorldRunner, budget: PhaseBudget, outcome: PhaseOutcome
    ) -> None:
        self._visits += 1
        worlds = [ABSENT, ACTIVE]
        if self._visits % _SECRETS_EVERY == 0:
            worlds.append(SECRETS)
        whole = runner.run(plan, worlds)
        self._count(whole, outcome)
        pause = self._pause(whole)
        if pause and pause * len(worlds) < runner.executor.seconds_left():
            runner = replace(runner, pause=pause, sleep=self._sleep)
            whole = runner.run(plan, worlds)
        if not differences(whole, self._noise):
            return
        outcome.suspected = runner.executor.calls_made
        found = differences(whole, self._noise)[0]
        try:
            with runner.executor.replaying():
                outcome.findings += self._confirmed(plan, worlds, whole, runner, budget)
                return
        except _NotShownAgainError:
            why = "once, and not when replayed"
        except OutOfTimeError:
            why = "once; the time was over before it was replayed"
        outcome.inconclusive.append(
            Inconclusive(
                InconclusiveKind.UNCONFIRMED, found.call.operation, f"{found.said()} {why}"
            )
        )

    def _confirmed(
        self,
        plan: WorldsPlan,
        worlds: Sequence[str],
        whole: History,
        runner: WorldRunner,
        budget: PhaseBudget,
    ) -> list[Finding]:
        """Return the finding in what differs between worlds; none where it depends on chance.

        Raises:
            _NotShownAgainError: It does not show when it is replayed.
            OutOfTimeError: The time was over before that.
        """
        # Again: what differs between repeats of one world shows nothing, now and later.
        whole = runner.run(plan, [f"{each}-2" for each in worlds], onto=whole)
        self._noise |= unsteady(whole)
        for found in differences(whole, self._noise)[:1]:
            seconds = min(_SHRINKING_SECONDS, budget.shortening)
            shrunk = Shrinker(runner, seconds, self._noise).shrink(plan, found)
            if shrunk is None and found.by_chance(self._noise):
                continue
            if shrunk is None:
                raise _NotShownAgainError
            seen = self._oracle.judge(shrunk.history, self._noise)[0]
            shown = differences(shrunk.history, self._noise)[0]
            evidence = evidence_of(shrunk.plan, shown, shrunk.history)
            return [_finding(shrunk, seen, evidence)]
        return []

    def _pause(self, history: History) -> float:
        """Seconds after which a limit that was met counts from zero again; 0 where none was.

        A limit that all users share is used up by one world before the other begins. To see whose
        it is takes time, and is tried for a few histories only.
        """
        waits = [
            retry_after(each.answer) for each in history if each.answer.outcome is Answered.LIMITED
        ]
        if not waits or Channel.SHARED_LIMITS in history.accepted or not self._patience:
            return 0.0
        self._patience -= 1
        return min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, *waits))

    def _count(self, history: History, outcome: PhaseOutcome) -> None:
        for call in history:
            control = outcome.controls.setdefault(call.operation, Control())
            control.calls += 1
            control.answered += call.answer.outcome is Answered.OK
        for name, count in self._oracle.opportunities(history).items():
            outcome.controls[name].oracles[self.name] = count


def _activity(history: History) -> int:
    users = Counter(call.actor.user for call in history if call.actor.user is not None)
    return min(users.values(), default=0) if len(users) > 1 else 0


def _shuffled(members: Sequence[Actor], random: Random) -> list[Actor]:
    shuffled = list(members)
    random.shuffle(shuffled)
    return shuffled


def _finding(shrunk: Shrunk, seen: Suspicion, evidence: tuple[Exchange, ...]) -> Finding:
    plan = shrunk.plan
    steps = [step.actor.name for step in plan.script.steps]
    return Finding(
        oracle=seen.oracle,
        operation=act_in(plan.script) or seen.operation,
        actors=tuple(dict.fromkeys(steps)),
        summary=plan.script.with_own_markers(seen.summary, plan.salt),
        script=plan.script,
        confirmed=True,
        rule=BrokenRule.ACTIVITY,
        evidence=evidence,
        replayed=(shrunk.repeats, shrunk.repeats),
        minimal=shrunk.minimal,
    )
