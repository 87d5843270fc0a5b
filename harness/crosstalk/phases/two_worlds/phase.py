"""The campaign's phase: takes the histories of its examples, and runs them in two worlds."""

from __future__ import annotations

import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.evidence import Exchange, exchange_of
from crosstalk.core.history import Actor, Call, Channel, History
from crosstalk.core.history import Outcome as Answered
from crosstalk.core.policy.flows import flows_of_policy
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.execution.cause import act_in
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.oracles.base import Suspicion
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.two_worlds.act_plan import plan_of_act
from crosstalk.phases.two_worlds.acts import answered_otherwise, refused_to_take_back
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
from crosstalk.phases.two_worlds.plan import LEAST, WorldsPlan, plan_of, prepared_plan
from crosstalk.phases.two_worlds.watch import MANY_ACTS, Watch, readings_of
from crosstalk.phases.two_worlds.watching import Correlated, Watching, correlation_of
from crosstalk.phases.two_worlds.world_runs import WorldRunner
from crosstalk.surface.http.exchange import retry_after
from crosstalk.targets.base import Target

# Two worlds cost less than three, and most of what differs differs between two.
_SECRETS_EVERY = 3
_TWO = (ABSENT, ACTIVE)
_SHRINKING_SECONDS = 30.0
# The smallest part of a usual plan: with less, nothing that the observer reads may be served.
_BRIEFEST = 0.35
_REMEMBERED = 64
_PAUSED_VISITS = 3
# The part of the calls that is for watches, in which a visit takes a tenth of them; and the most.
_WATCHED, _MOST_WATCHED = 0.6, 200
# Calls below which nothing is watched.
_FEWEST_TO_WATCH = 50
# Acts whose answers are compared in worlds of their own, in all, and for one place.
_MOST_ACTS, _TRIES = 12, 2
# Situation that is counted.
VISITS = "visits of two worlds"
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
    smallest = 50

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._oracle = TwoWorlds()
        self._read_so_far: Counter[str] = Counter()
        self._done: deque[History] = deque(maxlen=_REMEMBERED)
        self._noise: set[Place] = set()
        self._watching = Watching()
        self._acts: Counter[Place] = Counter()
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
        if self._shares_everything(target):
            said = "allowed_flows" if target.policy is None else "the policy"
            return f"{said} shares everything with every user"
        return None

    @staticmethod
    def _shares_everything(target: Target) -> bool:
        members = [each.name for each in target.principals.members]
        flows = (*target.allowed_flows, *flows_of_policy(target.policy, target.operations))
        return all(len(partners(flows, each, members)) == len(members) - 1 for each in members)

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        """Play examples, one after the other, until the budget is spent or something is found."""
        outcome = PhaseOutcome()
        runner = self._runner(budget)
        examples = [
            each for each in budget.examples if all(each is not done for done in self._done)
        ]
        # The one in which most was done by most shows most, but what was made for it.
        examples.sort(key=lambda each: (_is_prepared(each), _activity(each)))
        with suppress(OutOfTimeError):
            while examples and not budget.spent() and not outcome.findings:
                history = examples.pop()
                self._done.append(history)
                if _is_prepared(history):
                    self._visit_prepared(history, runner, budget, outcome)
                    continue
                # Of few calls all are for worlds: they show what is created as well.
                watched = _WATCHED if budget.left() >= _FEWEST_TO_WATCH else 0.0
                plan = self._plan(history, runner, budget, watched)
                if plan is not None and watched:
                    self._watch(plan, runner, budget, outcome)
                if plan is not None and _calls_of(plan, _TWO, budget) > budget.left():
                    plan = self._plan_of(history, runner, budget, LEAST)
                if plan is not None and not budget.spent() and not outcome.findings:
                    if _calls_of(plan, _TWO, budget) > budget.left():
                        # One world alone shows nothing.
                        break
                    self._visit(plan, runner, budget, outcome)
        return outcome

    def review(self, history: History, budget: PhaseBudget) -> PhaseOutcome:
        """Play acts that were answered otherwise than another user's, and what users were refused
        to take back, in worlds of their own.

        This needs no reset: users who stay act about new objects in each world.

        Args:
            history: Of an example that has just ended.
            budget: All of this is replayed.
        """
        outcome = PhaseOutcome()
        if self._shares_everything(budget.target):
            return outcome
        runner = self._runner(budget)
        operations = runner.executor.operations
        with suppress(OutOfTimeError), runner.executor.replaying():
            suspected = (refused_to_take_back, answered_otherwise)
            for act in itertools.chain(*(each(history, operations) for each in suspected)):
                new = [each for each in act.places if self._acts[each] < _TRIES]
                if (
                    outcome.findings
                    or time.monotonic() >= budget.deadline
                    or self._acts.total() >= _MOST_ACTS
                ):
                    break
                self._acts.update(new[:1])
                for alike in (True, False) if new else ():
                    if outcome.findings:
                        break
                    plan = plan_of_act(history, operations, act.call, alike=alike, after=act.after)
                    if plan is not None:
                        whole = runner.run(plan, _TWO)
                        self._judge(plan, _TWO, whole, runner, budget, outcome)
        # What does not show again was different for a reason of its own.
        outcome.inconclusive.clear()
        return outcome

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        """Play a finding's script in its worlds again; the suspicion if it shows again."""
        plan = WorldsPlan.of(script)
        if plan is None:
            return None
        worlds = repeated((ABSENT, ACTIVE, SECRETS), 2)
        runner = self._runner(budget)
        history = runner.run(plan, worlds)
        found = next(iter(self._oracle.judge(history)), None)
        return found or self._reproduces_numbers(plan, runner, budget)

    def _reproduces_numbers(
        self, plan: WorldsPlan, runner: WorldRunner, budget: PhaseBudget
    ) -> Suspicion | None:
        """Look again at what a plan reads last, with its activity and without it."""
        readings = readings_of(plan, runner.executor.operations)
        if not readings:
            return None
        random = Random(budget.random.random())  # noqa: S311 -- to be repeated, not secret
        watch = Watch(runner, plan, random, self._sleep, MANY_ACTS)
        found = correlation_of(watch, readings[-1])
        return None if found is None else suspicion_of_numbers(found)

    @staticmethod
    def _runner(budget: PhaseBudget) -> WorldRunner:
        own_words = budget.target.reset is None
        return WorldRunner(budget.executor, budget.fresh_history, own_words=own_words)

    def _visit_prepared(
        self, history: History, runner: WorldRunner, budget: PhaseBudget, outcome: PhaseOutcome
    ) -> None:
        """Play what a history was made for, as much of it as there are calls for."""
        most = budget.left() - len(_TWO) * budget.fresh_calls
        plan = prepared_plan(history, runner.executor.operations, most)
        if plan is not None:
            self._visit(plan, runner, budget, outcome)

    def _plan(
        self, history: History, runner: WorldRunner, budget: PhaseBudget, watched: float
    ) -> WorldsPlan | None:
        # What comes before each world is not the plan's.
        left = budget.left() - len(_TWO) * budget.fresh_calls
        size = min(1.0, max(_BRIEFEST, (1 - watched) * left / self.least))
        return self._plan_of(history, runner, budget, size)

    def _plan_of(
        self, history: History, runner: WorldRunner, budget: PhaseBudget, size: float
    ) -> WorldsPlan | None:
        operations = runner.executor.operations
        observers = _shuffled(budget.target.principals.members, budget.random)
        plans = (
            plan_of(history, operations, each, budget.random, self._read_so_far, size)
            for each in observers
        )
        return next((each for each in plans if each is not None), None)

    def _visit(
        self, plan: WorldsPlan, runner: WorldRunner, budget: PhaseBudget, outcome: PhaseOutcome
    ) -> None:
        self._visits += 1
        outcome.situations[VISITS] += 1
        worlds = list(_TWO)
        if (
            self._visits % _SECRETS_EVERY == 0
            and _calls_of(plan, [*worlds, SECRETS], budget) <= budget.left()
        ):
            worlds.append(SECRETS)
        whole = runner.run(plan, worlds)
        self._count(whole, outcome)
        pause = self._pause(whole)
        enough = _calls_of(plan, worlds, budget) <= budget.left()
        if pause and enough and pause * len(worlds) < runner.executor.seconds_left():
            runner = replace(runner, pause=pause, sleep=self._sleep)
            whole = runner.run(plan, worlds)
        self._judge(plan, worlds, whole, runner, budget, outcome)

    def _watch(
        self, plan: WorldsPlan, runner: WorldRunner, budget: PhaseBudget, outcome: PhaseOutcome
    ) -> None:
        """Make many cheap visits, in one world; what is noticed is played in worlds of its own."""
        executor = runner.executor
        watch = Watch(runner, plan, Random(budget.random.random()), self._sleep)  # noqa: S311
        before = self._watching.visits
        most = min(_MOST_WATCHED, int(_WATCHED * budget.left()))
        now = time.monotonic()
        ends = now + _WATCHED * (budget.deadline - now)
        noticed = self._watching.run(
            watch, lambda: len(watch.calls) >= most or time.monotonic() >= ends
        )
        outcome.situations[VISITS] += self._watching.visits - before
        self._count_calls(watch.calls, outcome)
        self._count_useful(watch.useful, outcome)
        worlds = [ABSENT, ACTIVE]
        if noticed is not None:
            for shown in noticed.plans:
                with executor.replaying():
                    whole = runner.run(shown, worlds)
                if differences(whole, self._noise):
                    self._judge(shown, worlds, whole, runner, budget, outcome)
                    return
            # It changed by chance or with time, as nothing shows without the pauses.
            self._watching.restless.update(noticed.places)
            return
        with executor.replaying():
            correlated = self._watching.correlated(watch)
        if correlated is not None:
            outcome.suspected = executor.calls_made
            outcome.findings.append(_finding_of_numbers(correlated))

    def _judge(
        self,
        plan: WorldsPlan,
        worlds: Sequence[str],
        whole: History,
        runner: WorldRunner,
        budget: PhaseBudget,
        outcome: PhaseOutcome,
    ) -> None:
        """Confirm what differs between the worlds of a history, if anything does."""
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
        self._count_calls(history.calls, outcome)
        self._count_useful(self._oracle.opportunities(history), outcome)

    def _count_useful(self, answers: Counter[str], outcome: PhaseOutcome) -> None:
        """Count answers in that could have shown the others' activity."""
        for name, count in answers.items():
            oracles = outcome.controls[name].oracles
            oracles[self.name] = oracles.get(self.name, 0) + count

    @staticmethod
    def _count_calls(calls: Sequence[Call], outcome: PhaseOutcome) -> None:
        for call in calls:
            control = outcome.controls.setdefault(call.operation, Control())
            control.calls += 1
            control.answered += call.answer.outcome is Answered.OK


def _calls_of(plan: WorldsPlan, worlds: Sequence[str], budget: PhaseBudget) -> int:
    """Return the calls that a plan takes in these worlds, with what comes before each."""
    alone = len(plan.alone().script.steps)
    sizes = [alone if each == ABSENT else len(plan.script.steps) for each in worlds]
    return sum(sizes) + budget.fresh_calls * len(worlds)


def _is_prepared(history: History) -> bool:
    """Return whether a history was made to be played in worlds, as its probes say."""
    return any(call.probe is not None and call.probe.kind == "worlds" for call in history)


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


def suspicion_of_numbers(found: Correlated) -> Suspicion:
    """Return the suspicion of a number that changes more where the others act."""
    call = found.watch.shown[found.reading.number][1]
    return Suspicion(
        TwoWorlds.name,
        call.operation,
        (call.index,),
        f"what {call.actor.name} observes with {call.operation} depends on the others: "
        f"{found.said()}",
    )


def _finding_of_numbers(found: Correlated) -> Finding:
    seen = suspicion_of_numbers(found)
    script = found.watch.plan_to_show(found.reading, found.watch.made).script
    looks = (script.steps[-1].number - 1, script.steps[-1].number)
    evidence = tuple(
        exchange_of(call, (), number=script.numbers().index(number) + 1, note=note)
        for call, number, note in zip(
            found.watch.shown[found.reading.number], looks, ("a look", "the next one"), strict=True
        )
    )
    more = sum(one > other for one, other in found.pairs)
    return Finding(
        oracle=seen.oracle,
        operation=act_in(script) or seen.operation,
        actors=tuple(dict.fromkeys(step.actor.name for step in script.steps)),
        summary=seen.summary,
        script=script,
        confirmed=True,
        rule=BrokenRule.ACTIVITY,
        evidence=evidence,
        replayed=(more, len(found.pairs)),
        minimal=False,
    )
