"""One run: generate until the budget is used, give the phases their turns, and end in order.

The campaign knows surfaces, the generator and the phases; it does not know how the system was
started, nor who listens to its events. What its calls come to is the room `evaluation`.
"""

from __future__ import annotations

import contextlib
import gc
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from unittest import SkipTest

from hypothesis import HealthCheck, Verbosity, seed, settings
from hypothesis import Phase as Stages
from hypothesis.database import ExampleDatabase
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from crosstalk.campaign.budget import FEW_CALLS, CampaignBudget
from crosstalk.campaign.division import ALONE, Division
from crosstalk.campaign.evaluation.by_hand import with_commands
from crosstalk.campaign.evaluation.conclusion import Conclusion
from crosstalk.campaign.evaluation.counts import CampaignCounts
from crosstalk.campaign.evaluation.findings import FindingsRecord
from crosstalk.campaign.evaluation.suspicions import SuspicionReview
from crosstalk.campaign.events import Emit, Finished, PartBegun, Progress, Started
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.plan import changes_later, looks_closer_later, plan_of
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.scheduler import PhaseScheduler
from crosstalk.campaign.selection import chosen_oracles, chosen_phases, excluding
from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Answer, History
from crosstalk.core.history import Outcome as Answered
from crosstalk.core.neighbours import all_served
from crosstalk.core.verdict import RUN, Finding, Inconclusive, InconclusiveKind
from crosstalk.environment.runtime.signals import asked_to_end, forget_asking
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.executor import Executor
from crosstalk.execution.fixtures import Calibration, Fixture
from crosstalk.execution.replay import Replayer
from crosstalk.execution.stopping import (
    OutOfCallsError,
    OutOfTimeError,
    RunStopped,
    TargetWatch,
    stopped_runs_are_errors,
)
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.first_look import FirstLook
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.plan.sweep import Sweep
from crosstalk.generator.survey.survey import Survey
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.schema_values import SchemaValues
from crosstalk.oracles import Suspicion
from crosstalk.phases.base import Phase, PhaseOutcome
from crosstalk.phases.registry import make_phases
from crosstalk.surface.capabilities import references
from crosstalk.surface.recordings import read_recording
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.seeds import seeds_of

# Hypothesis varies an example that it has played; a new one covers more.
_EXAMPLES_A_CHUNK = 1
# The part of the budget after which what still lacks an opportunity is swept once more.
_LATE = 0.8
# The part of the budget after which what comes last is prepared.
_SOON = 0.8
# Of several processes one turns to what comes last after this part, and prepares it before that:
# it mostly waits, and the others make the calls that are left meanwhile.
_SOON_OF_SEVERAL, _ENDING = 0.65, 0.78
# How often listeners are told how far the run is.
_TELL_SECONDS = 1.0
# What one replay of a phase's finding may take.
_REPLAY_CALLS, _REPLAY_SECONDS = 2_000, 60.0


class _ShownError(BaseException):
    """An example showed something: Hypothesis keeps its choices, and ends."""


class Campaign:
    """Runs the generator against one target.

    Args:
        target: The system under test.
        options: How much to try.
        emit: Receives events.
        folder: Where replay files go; nothing is written without it.
        phases: What is played between the examples; by default all that there are.
        examples: Where examples that showed something are kept, and tried first.
        division: The other processes that play this campaign, each on a system of its own.

    Raises:
        HarnessError: The options exclude what does not exist, or everything.
    """

    def __init__(
        self,
        target: Target,
        options: CampaignOptions,
        emit: Emit,
        folder: Path | None = None,
        phases: Iterable[Phase] | None = None,
        examples: ExampleDatabase | None = None,
        division: Division = ALONE,
    ) -> None:
        target = excluding(target, options.exclude)
        self._target = target
        self._options = options
        self._emit = emit
        self._division = division
        self._kept = examples
        self._ended_early = False
        self._target_watch = TargetWatch(lambda: discovered(target.surfaces))
        self._executor = Executor(
            target.surfaces,
            target.operations,
            target.credentials,
            target.concurrency,
            target.claiming,
            self._watch,
            division.calls_elsewhere,
            division.note,
        )
        self._budget = CampaignBudget(options, self._executor)
        self._counts = CampaignCounts(self._executor.operations, target.policy)
        self._record = FindingsRecord(
            emit,
            options.findings,
            folder,
            target.about,
            self._with_commands,
            naming=lambda: self._fixture.form,
        )
        self._review = SuspicionReview(
            self._record,
            self._executor,
            self._confirmation,
            chosen_oracles(options.oracles),
            self._counts.service.shows_everyone,
            self._budget.hurries_replays,
            self._budget.puts_off_replays,
        )
        self._fixture = Fixture(target, self._executor)
        self._shown_to_all = {
            name for name, each in self._executor.operations.items() if each.shown_to_all
        }
        # What names an object serves one user and refuses another, whatever they are called.
        self._telling = {
            name for name, each in self._executor.operations.items() if not references(each)
        }
        self._found_before = 0
        self._examples = 0
        self._chunks, self._swept_late = 0, False
        self._explained: list[Finding] = []
        self._told = time.monotonic()
        self._scheduler = PhaseScheduler(
            target,
            chosen_phases(options.oracles, make_phases() if phases is None else phases),
            self._executor,
            self._fixture.fresh_history,
            options.seed,
            folder,
            knowledge=ArgumentKnowledge(SchemaValues(options.seed), seeds=_seeds(options, target)),
            shortening=self._budget.shortening_seconds(),
            begun=lambda name: emit(PartBegun(f"phase {name}")),
            fresh_calls=lambda: self._fixture.calls_each,
            calls=options.calls,
            division=division,
        )

    def run(self) -> CampaignResult:
        """Play until the budget is used or enough was found.

        What was found until then is kept when the run is interrupted or the target goes away.

        Raises:
            HarnessError: The target cannot be used, as the very first calls show.
        """
        unsteady: Sequence[Inconclusive] = ()
        # What is loaded stays: a collection that looks through all of it takes a tenth of a second.
        gc.freeze()
        try:
            with (
                contextlib.suppress(OutOfTimeError),
                self._executor.until(self._budget.ends),
                self._executor.within(self._options.calls),
            ):
                unsteady = self._explore()
            self._take_up()
        except RunStopped as stopped:
            expected = isinstance(stopped.error, HarnessError)
            if not expected or not self._executor.outcomes[Answered.OK]:
                raise stopped.error from stopped
            self._end_early(InconclusiveKind.TARGET_FAILED, str(stopped.error))
        except KeyboardInterrupt:
            forget_asking()
            made = self._executor.calls_made
            self._end_early(InconclusiveKind.INTERRUPTED, f"interrupted after {made} calls")
        finally:
            gc.unfreeze()
            if self._record.enough():
                self._division.stop()
            self._tell_explained()
            self._executor.close()
        conclusion = Conclusion(
            self._target, self._executor, self._scheduler, self._record, self._counts
        )
        result = conclusion.result(
            unsteady,
            budget=self._budget,
            ended_early=self._ended_early,
        )
        self._emit(Finished(result))
        return result

    def _tell_explained(self) -> None:
        """Record what a phase need not have found, where no oracle has found the operation."""
        with self._executor.until(self._budget.ends):
            for finding in self._explained:
                if all(finding.operation != each.operation for each in self._record.findings):
                    self._record.add(finding, self._executor.calls_used)

    def _take_up(self) -> None:
        """Replay what was put off while there were calls to make."""
        self._budget.searched = True
        if self._review.put_off and not self._record.enough():
            self._emit(PartBegun("replays put off"))
            with contextlib.suppress(OutOfTimeError), self._executor.until(self._budget.ends):
                self._review.take_up()

    def _explore(self) -> Sequence[Inconclusive]:
        operations = self._executor.operations
        self._emit(Started(len(operations), self._options.seed))
        # What a database shows when it is asked itself takes no call.
        self._take(self._scheduler.free_of_charge())
        if self._record.enough():
            return ()
        calibration = self._fixture.calibrate()
        for call in calibration.history:
            operation = operations[call.operation]
            # A newcomer has stored nothing: what a list shows them is there for everybody.
            if operation.public or (operation.lists and not calibration.history.owned):
                self._scheduler.knowledge.catalogue.learn(call)
        self._scheduler.observations = tuple(calibration.observations)
        state = GeneratorState(
            executor=self._executor,
            fresh_history=self._next_example,
            observations=calibration.observations,
            forgeries=self._target.forgeries,
            principals=self._target.principals,
            knowledge=self._scheduler.knowledge,
            on_example_end=self._examine,
            judge=self._review.follow_up,
            stopped=self._stopped,
            left=lambda: int((1.0 - self._used()) * self._options.calls),
            unserved=self._counts.service.unserved,
            opportunities=self._counts.opportunities,
            found=self._record.places,
            situations=self._counts.situations,
            # Where nothing is reset, what an earlier run planted is still there.
            planted=0 if self._target.reset is not None else secrets.randbelow(2**31),
            calls=self._options.calls,
            one_is_enough=self._options.findings == 1,
        )
        sweep = Sweep(
            state,
            self._counts.opportunities,
            Random(self._options.seed),  # noqa: S311 -- to be repeated, not secret
            self._options.calls,
            self._target.policy,
        )
        survey = Survey(state, sweep.random, self._options.calls)
        machine = make_machine(state, policy=self._target.policy is not None)
        if self._target.unproven_identity and self._division.number == 1 and not self._stopped():
            # Beside that every other finding matters less.
            self._emit(PartBegun("who calls"))
            self._by_plan(sweep.claim_identity)
        if self._kept is not None and self._division.number == 1 and not self._stopped():
            self._emit(PartBegun("kept examples"))
            self._generate(machine, 0, Stages.reuse)
        self._by_plans(sweep, survey, calibration)
        self._search(machine, sweep)
        if not self._record.enough():
            self._take_remaining(but_the_ending=True)
            if self._options.calls < FEW_CALLS:
                self._part("rest of the survey", survey.run)
            # What they left of the calls that were kept for them serves what was not served yet;
            # what is left of that is searched with.
            if self._division.take("rest of the sweep"):
                self._part("rest of the sweep", sweep.serve)
            self._search(machine, sweep)
        if not self._record.enough():
            self._take_remaining()
        return calibration.unsteady

    def _by_plans(self, sweep: Sweep, survey: Survey, calibration: Calibration) -> None:
        """Make each opportunity once, in the order of what they show for their calls."""
        self._budget.sweeping = True
        looks = self._division.number == 1 and sweep.affords(1) and not self._stopped()
        begun = self._fixture.going_on(calibration) if looks else None
        if begun is None:
            # Otherwise it is counted with the calls that follow it.
            self._counts.take(calibration.history)
        first_look = FirstLook(sweep.state, sweep.random)
        closely = not looks_closer_later(self._target, sweep)
        changing = not changes_later(self._target, sweep)
        if looks:
            self._part(
                "first look",
                lambda: first_look.run(begun, closely=closely, changing=changing),
            )
        plan = plan_of(
            self._target,
            sweep,
            survey,
            self._options.calls,
            forms_to_try=self._fixture.forms_to_try,
            closer_look=first_look.closer,
        )
        parts = list(enumerate(plan))
        early = sum(part.sweeping for _, part in parts)
        for number, part in self._division.in_order(parts, early):
            self._budget.sweeping = part.sweeping
            if part.play is None:
                self._phases_behind()
            elif not self._stopped() and part.when() and self._division.take(f"part {number}"):
                self._part(part.name, part.play)
        self._budget.sweeping = False

    def _part(self, name: str, play: Callable[[], None]) -> None:
        """Play a part of the plan, unless enough was found or the budget is used."""
        if not self._stopped():
            self._prepare_ending()
            self._emit(PartBegun(name))
            self._by_plan(play)

    def _prepare_ending(self) -> None:
        """Have what comes last prepare itself while calls are made, once it is not far off."""
        if self._used() >= (_SOON if self._division is ALONE else _SOON_OF_SEVERAL):
            self._scheduler.prepare_waiting()

    def _phases_behind(self) -> None:
        """Give a turn to every phase that has used less than its share."""
        if not self._stopped():
            self._prepare_ending()
            self._take(self._scheduler.run_those_behind(self._budget.calls_left()))

    def _search(self, machine: type[RuleBasedStateMachine], sweep: Sweep) -> None:
        """Generate examples, with turns of the phases between, until what is left is kept."""
        while not self._stopped():
            self._emit(PartBegun("search"))
            self._generate(machine, self._chunks, Stages.generate)
            self._chunks += 1
            self._phases_behind()
            late = self._used() >= _LATE and not self._swept_late
            if late and self._division.take("late sweep"):
                self._swept_late = True
                self._emit(PartBegun("late sweep"))
                self._by_plan(sweep.run)

    def _take_remaining(self, *, but_the_ending: bool = False) -> None:
        calls, seconds = self._budget.calls_left(), self._budget.seconds_left()
        self._take(self._scheduler.remaining(calls, seconds, but_the_ending=but_the_ending))

    def _next_example(self) -> History:
        history = self._fixture.next_example()
        if self._fixture.form:
            self._counts.situations["examples with nearly equal users"] += 1
        return history

    def _by_plan(self, play: Callable[[], None]) -> None:
        """Play examples of the sweep, in which Hypothesis takes no part and keeps nothing."""
        kept, self._kept = self._kept, None
        try:
            play()
        finally:
            self._kept, self._found_before = kept, len(self._record.findings)

    def _watch(self, answer: Answer, seconds: float) -> None:
        if asked_to_end():
            raise KeyboardInterrupt
        now = time.monotonic()
        if now - self._told >= _TELL_SECONDS:
            self._tell_progress(now)
        self._target_watch(answer, seconds)

    def _tell_progress(self, now: float) -> None:
        self._told = now
        made = self._executor
        elapsed = self._budget.elapsed()
        self._emit(Progress(made.calls_made, self._examples, elapsed, made.replay_calls))

    def _end_early(self, kind: InconclusiveKind, why: str) -> None:
        self._ended_early = True
        self._record.leave_open(kind, RUN, why)

    def reproduces(self, finding: Finding) -> Suspicion | None:
        """Play a finding's script against this campaign's target; what was seen, if it was.

        Raises:
            ReplayFileError: The script names an operation that the system does not have.
        """
        self._fixture.form = finding.naming
        with stopped_runs_are_errors():
            phase = self._scheduler.named(finding.oracle)
            if phase is not None:
                return phase.reproduces(
                    self._scheduler.budget(_REPLAY_CALLS, _REPLAY_SECONDS), finding.script
                )
            return self._confirmation().reproduces(
                finding.script, finding.oracle, finding.operation
            )

    def answered(self) -> Counter[Answered]:
        """Return how many of the calls made so far were answered in each way."""
        return self._executor.outcomes

    def _with_commands(self, finding: Finding) -> Finding:
        return with_commands(finding, self._target, self._executor, self._fixture.fresh_history)

    def _confirmation(self) -> Confirmation:
        return Confirmation(
            Replayer(self._executor, self._fixture.fresh_history),
            calls=self._budget.shortening_calls(),
            seconds=self._budget.shortening_seconds(),
            first_seconds=self._budget.first_seconds(),
            ends=self._budget.one_replayed_by(),
            pausing_ends=self._budget.last_replay,
            forgeries=self._target.forgeries,
        )

    def _take(self, outcomes: Iterable[PhaseOutcome]) -> None:
        """Take in what came of the phases' turns."""
        for outcome in outcomes:
            self._counts.add(outcome.controls)
            self._counts.situations.update(outcome.situations)
            known = self._record.inconclusive
            known += [each for each in outcome.inconclusive if each not in known]
            self._explained += outcome.explained
            for finding in outcome.findings:
                if not self._record.has(finding.oracle, finding.operation):
                    self._record.add(finding, outcome.suspected or self._executor.calls_used)
            if self._record.enough():
                return

    def _generate(self, machine: type[RuleBasedStateMachine], chunk: int, stage: Stages) -> None:
        runner = settings(
            max_examples=_EXAMPLES_A_CHUNK,
            stateful_step_count=self._options.steps,
            deadline=None,
            database=self._kept,
            phases=(stage,),
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        seeded = seed(self._options.seed + chunk)(machine)
        # What can be drawn depends on what the system answered, and a stop cuts an example short:
        # Hypothesis rightly calls that flaky. The calls were made and judged all the same. Where
        # nothing is kept yet, it has nothing to run, and says so.
        with contextlib.suppress(Flaky, SkipTest, _ShownError):
            try:
                run_state_machine_as_test(seeded, settings=runner)
            except Unsatisfiable:
                # The budget ended before the first call of a chunk: nothing was left to draw.
                if not self._stopped():
                    raise

    def _stopped(self) -> bool:
        # Whoever plays what comes last begins it while the others make the calls that are left.
        ending = self._division is not ALONE and self._scheduler.has_prepared
        most = _ENDING if ending else 1.0
        return self._record.enough() or self._division.stopped() or self._used() >= most

    def _used(self) -> float:
        """Return the part of the budget that is used, or kept for the phases and for replays."""
        return self._budget.used(self._scheduler.waiting(), self._scheduler.briefest())

    def _examine(self, history: History) -> None:
        self._examples += 1
        self._scheduler.examples.append(history)
        began = time.monotonic()
        self._counts.take(history)
        # The oracles walk as far to judge as they do to count.
        self._budget.judged(2 * (time.monotonic() - began), len(history))
        if self._fixture.form and not all_served(history, self._shown_to_all, self._telling):
            self._fixture.leave_out_form(refused=True)
        ending = sys.exception()
        if isinstance(ending, KeyboardInterrupt | RunStopped | OutOfTimeError) and not isinstance(
            ending, OutOfCallsError
        ):
            # The run is ending, so that nothing can be replayed any more.
            self._review.leave_unconfirmed(history)
            return
        self._review.follow_up(history)
        self._budget.put_off, self._budget.kept = self._review.put_off, self._review.kept
        if not (self._record.enough() or self._budget.hurries_replays()):
            self._take(self._scheduler.review(history))
        self._tell_progress(time.monotonic())
        if self._kept is not None and len(self._record.findings) > self._found_before:
            self._found_before = len(self._record.findings)
            raise _ShownError


def _seeds(options: CampaignOptions, target: Target) -> dict[tuple[str, str], list[Any]]:
    """Return the arguments that a recording shows to be accepted, where one is given.

    Raises:
        HarnessError: The file is no recording.
    """
    if options.seed_from is None:
        return {}
    return seeds_of(read_recording(options.seed_from), target.operations)
