"""One run: generate until the budget is used, judge, confirm by replay, shrink, report.

The campaign knows surfaces, oracles and the generator; it does not know how the system was
started, nor who listens to its events.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Verbosity, seed, settings
from hypothesis import Phase as Stages
from hypothesis.database import ExampleDatabase
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from crosstalk.campaign.events import Emit, FindingFound, Finished, Progress, Started, Suspected
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.scheduler import PhaseScheduler, named
from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Answer, History
from crosstalk.core.history import Outcome as Answered
from crosstalk.core.paths import from_here
from crosstalk.core.script import script_of
from crosstalk.core.sign_test import time_difference
from crosstalk.core.verdict import (
    RUN,
    Control,
    Finding,
    Inconclusive,
    InconclusiveKind,
    verdict_of,
)
from crosstalk.environment.runtime.signals import asked_to_end, forget_asking
from crosstalk.execution.confirmation import Confirmation, Rejected
from crosstalk.execution.executor import Executor
from crosstalk.execution.fixtures import Fixture
from crosstalk.execution.quiescence import what_is_left
from crosstalk.execution.replay import Replayer, save
from crosstalk.execution.stopping import RunStopped, TargetWatch, stopped_runs_are_errors
from crosstalk.generator.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.schema_values import SchemaValues
from crosstalk.generator.state import GeneratorState
from crosstalk.generator.state_machine import make_machine
from crosstalk.oracles import ORACLES, Suspicion
from crosstalk.oracles.controls import controls_of, coverage_of
from crosstalk.oracles.existence import times
from crosstalk.oracles.service import ServiceRecord
from crosstalk.phases.base import Phase, PhaseOutcome
from crosstalk.phases.registry import make_phases
from crosstalk.targets.base import Target, discovered

# Hypothesis varies an example that it has played; a new one covers more.
_EXAMPLES_A_CHUNK = 1
# Where so large a part of the calls was throttled, the rest is too little to acquit.
_LIMITED_SHARE = 0.25
# What one replay of a phase's finding may take.
_REPLAY_CALLS, _REPLAY_SECONDS = 2_000, 60.0
# What shrinking one finding may take: seconds, a part of the run's, and what it always has.
_SHRINKING_SECONDS, _SHRINKING_SHARE, _SHRINKING_LEAST = 60.0, 0.15, 2.0


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
    """

    def __init__(
        self,
        target: Target,
        options: CampaignOptions,
        emit: Emit,
        folder: Path | None = None,
        phases: Iterable[Phase] | None = None,
        examples: ExampleDatabase | None = None,
    ) -> None:
        self._target = target
        self._options = options
        self._emit = emit
        self._folder = folder
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
        )
        self._service = ServiceRecord(self._executor.operations)
        self._controls: dict[str, Control] = {}
        self._situations: Counter[str] = Counter()
        self._times: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self._findings: list[Finding] = []
        self._inconclusive: list[Inconclusive] = []
        self._seen: Counter[tuple[str, str]] = Counter()
        self._fixture = Fixture(target, self._executor)
        self._judged = (0, 0)
        self._found_before = 0
        self._examples = 0
        self._calls_to_finding: int | None = None
        self._began = time.monotonic()
        self._scheduler = PhaseScheduler(
            target,
            tuple(make_phases() if phases is None else phases),
            self._executor,
            self._fixture.fresh_history,
            options.seed,
            folder,
            knowledge=ArgumentKnowledge(SchemaValues(options.seed)),
        )

    def run(self) -> CampaignResult:
        """Play until the budget is used or enough was found.

        What was found until then is kept when the run is interrupted or the target goes away.

        Raises:
            HarnessError: The target cannot be used, as the very first calls show.
        """
        unsteady: Sequence[Inconclusive] = ()
        try:
            unsteady = self._explore()
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
            self._executor.close()
        result = self._result(unsteady)
        self._emit(Finished(result))
        return result

    def _explore(self) -> Sequence[Inconclusive]:
        operations = self._executor.operations
        self._emit(Started(len(operations), self._options.seed))
        calibration = self._fixture.calibrate()
        self._count(calibration.history)
        self._scheduler.observations = tuple(calibration.observations)
        state = GeneratorState(
            executor=self._executor,
            fresh_history=self._fixture.fresh_history,
            observations=calibration.observations,
            forgeries=self._target.forgeries,
            principals=self._target.principals,
            knowledge=self._scheduler.knowledge,
            on_example_end=self._examine,
            judge=self._suspects,
            stopped=self._stopped,
            unserved=self._service.unserved,
            situations=self._situations,
            # Where nothing is reset, what an earlier run planted is still there.
            planted=0 if self._target.reset is not None else secrets.randbelow(2**31),
        )
        machine = make_machine(state)
        chunk = 0
        while not self._stopped():
            self._generate(machine, chunk)
            chunk += 1
            self._take(self._scheduler.run_those_behind())
        if not self._found_enough():
            self._take(self._scheduler.remaining())
        return calibration.unsteady

    def _watch(self, answer: Answer, seconds: float) -> None:
        if asked_to_end():
            raise KeyboardInterrupt
        self._target_watch(answer, seconds)

    def _end_early(self, kind: InconclusiveKind, why: str) -> None:
        self._ended_early = True
        self._inconclusive.append(Inconclusive(kind, RUN, why))

    def reproduces(self, finding: Finding) -> Suspicion | None:
        """Play a finding's script against this campaign's target; what was seen, if it was.

        Raises:
            ReplayFileError: The script names an operation that the system does not have.
        """
        with stopped_runs_are_errors():
            phase = named(self._scheduler.phases, finding.oracle)
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

    def _confirmation(self) -> Confirmation:
        left = self._began + self._options.seconds - time.monotonic()
        most = min(_SHRINKING_SECONDS, _SHRINKING_SHARE * self._options.seconds, left)
        replayer = Replayer(self._executor, self._fixture.fresh_history)
        return Confirmation(replayer, seconds=max(_SHRINKING_LEAST, most))

    def _take(self, outcomes: Iterable[PhaseOutcome]) -> None:
        """Take in what came of the phases' turns."""
        for outcome in outcomes:
            for name, control in outcome.controls.items():
                self._controls.setdefault(name, Control()).add(control)
            self._inconclusive += [
                each for each in outcome.inconclusive if each not in self._inconclusive
            ]
            for finding in outcome.findings:
                key = (finding.oracle, finding.operation)
                if all((each.oracle, each.operation) != key for each in self._findings):
                    self._report(finding, outcome.suspected or self._executor.calls_made)
            if self._found_enough():
                return

    def _generate(self, machine: type[RuleBasedStateMachine], chunk: int) -> None:
        runner = settings(
            max_examples=_EXAMPLES_A_CHUNK,
            stateful_step_count=self._options.steps,
            deadline=None,
            database=self._kept,
            # What is kept is tried once, before anything is drawn.
            phases=(Stages.reuse, Stages.generate) if chunk == 0 else (Stages.generate,),
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        seeded = seed(self._options.seed + chunk)(machine)
        # What can be drawn depends on what the system answered, and a stop cuts an example short:
        # Hypothesis rightly calls that flaky. The calls were made and judged all the same.
        with contextlib.suppress(Flaky, _ShownError):
            try:
                run_state_machine_as_test(seeded, settings=runner)
            except Unsatisfiable:
                # The budget ended before the first call of a chunk: nothing was left to draw.
                if not self._stopped():
                    raise

    def _stopped(self) -> bool:
        return (
            self._executor.calls_made >= self._options.calls
            or time.monotonic() - self._began >= self._options.seconds
            or self._found_enough()
        )

    def _found_enough(self) -> bool:
        return len(self._findings) >= self._options.findings

    def _examine(self, history: History) -> None:
        self._examples += 1
        self._scheduler.examples.append(history)
        self._count(history)
        if isinstance(sys.exception(), KeyboardInterrupt | RunStopped):
            # The run is ending, so that nothing can be replayed any more.
            self._leave_unconfirmed(history)
            return
        self._suspects(history)
        self._emit(
            Progress(self._executor.calls_made, self._examples, time.monotonic() - self._began)
        )
        if self._kept is not None and len(self._findings) > self._found_before:
            self._found_before = len(self._findings)
            raise _ShownError

    def _leave_unconfirmed(self, history: History) -> None:
        known = {(each.oracle, each.operation) for each in self._findings}
        for suspicion in (found for oracle in ORACLES for found in oracle.judge(history)):
            if (suspicion.oracle, suspicion.operation) not in known:
                why = f"{suspicion.summary} (not replayed: the run ended)"
                self._inconclusive.append(
                    Inconclusive(InconclusiveKind.UNCONFIRMED, suspicion.operation, why)
                )

    def _suspects(self, history: History) -> bool:
        """Follow up what the oracles suspect; whether anything was replayed."""
        replayed = False
        if self._judged == (id(history), len(history)):
            return replayed
        self._judged = (id(history), len(history))
        for oracle in ORACLES:
            for suspicion in oracle.judge(history):
                if self._found_enough():
                    break
                replayed = self._consider(history, suspicion) or replayed
        return replayed

    def _consider(self, history: History, suspicion: Suspicion) -> bool:
        key = (suspicion.oracle, suspicion.operation)
        self._seen[key] += 1
        # One confirmed finding an oracle and operation is enough; a stubborn one gets three tries.
        known = any((each.oracle, each.operation) == key for each in self._findings)
        if known or self._seen[key] > 3:
            return False
        upto = history.until(suspicion.calls[-1])
        finding = Finding(
            oracle=suspicion.oracle,
            operation=suspicion.operation,
            actors=_actors(upto, suspicion),
            summary=suspicion.summary,
            script=script_of(upto),
        )
        self._emit(Suspected(finding))
        calls_before = self._executor.calls_made
        with self._executor.replaying():
            confirmed = self._confirmation().confirm(history, suspicion)
        if isinstance(confirmed, Rejected):
            if not confirmed.explained:
                self._inconclusive.append(
                    Inconclusive(
                        InconclusiveKind.UNCONFIRMED,
                        suspicion.operation,
                        f"{suspicion.summary} ({confirmed.reason})",
                    )
                )
            return True
        cause = (suspicion.oracle, confirmed.operation)
        if all((each.oracle, each.operation) != cause for each in self._findings):
            finding = replace(
                finding,
                script=confirmed.script,
                operation=confirmed.operation,
                actors=confirmed.actors,
                # A replay is of one operation; the defect is shown by all of them.
                summary=(suspicion if suspicion.operations else confirmed.suspicion).summary,
                confirmed=True,
                replayed=confirmed.replayed,
                evidence=confirmed.evidence,
            )
            self._report(finding, calls_before)
        return True

    def _report(self, finding: Finding, calls: int) -> None:
        """Save a confirmed finding and tell of it; `calls` is when it was first suspected."""
        if self._folder is not None:
            name = f"{len(self._findings) + 1}-{finding.oracle.replace(' ', '-')}.json"
            path = self._folder / "replays" / name
            save(finding, path, dict(self._target.about))
            finding = replace(finding, replay=from_here(path))
        self._findings.append(finding)
        if self._calls_to_finding is None:
            self._calls_to_finding = calls
        self._emit(FindingFound(finding))

    def _count(self, history: History) -> None:
        for name, pairs in times(history).items():
            self._times[name] += pairs
        self._service.take(history)
        for name, control in controls_of(history).items():
            self._controls.setdefault(name, Control()).add(control)

    def _result(self, unsteady: Sequence[Inconclusive]) -> CampaignResult:
        not_applicable = {**self._target.not_applicable, **self._scheduler.obstacles}
        left = None if self._ended_early else what_is_left(self._target.left)
        for name in self._executor.operations:
            # What was never called has a row, too.
            self._controls.setdefault(name, Control())
        inconclusive = [
            *unsteady,
            *self._inconclusive,
            *self._service.inconclusive(),
            *self._not_drawn(),
            *self._target.untried,
            *self._without_opportunity(not_applicable),
            *self._throttled(),
            *(
                Inconclusive(InconclusiveKind.NOT_QUIESCENT, RUN, f"not quiescent: {each}")
                for each in left or ()
            ),
        ]
        return CampaignResult(
            verdict=verdict_of(self._findings, inconclusive),
            calls=self._executor.calls_made,
            replay_calls=self._executor.replay_calls,
            seconds=time.monotonic() - self._began,
            seed=self._options.seed,
            findings=self._findings,
            controls=self._controls,
            inconclusive=inconclusive,
            calls_to_finding=self._calls_to_finding,
            not_applicable=not_applicable,
            coverage=coverage_of(self._executor.operations, self._controls),
            left=left,
            skipped=self._target.skipped,
            situations=self._situations,
            times={name: time_difference(pairs) for name, pairs in self._times.items()},
        )

    def _not_drawn(self) -> Iterator[Inconclusive]:
        for (name, parameter), why in sorted(self._scheduler.knowledge.undrawn.items()):
            text = f"no value of its required argument {parameter!r} can be drawn ({why})"
            operation = self._executor.operations[name]
            if any(each.required and each.name == parameter for each in operation.parameters):
                yield Inconclusive(InconclusiveKind.NOT_UNDERSTOOD, name, text)

    def _without_opportunity(self, not_applicable: Mapping[str, str]) -> Iterator[Inconclusive]:
        names = [*(each.name for each in ORACLES), *(each.name for each in self._scheduler.phases)]
        for name in names:
            could = any(control.oracles.get(name) for control in self._controls.values())
            if name not in not_applicable and not could:
                yield Inconclusive(
                    InconclusiveKind.NO_OPPORTUNITY, name, "the oracle had no opportunity to fire"
                )

    def _throttled(self) -> Iterator[Inconclusive]:
        made = self._executor.calls_in_all
        limited = self._executor.outcomes[Answered.LIMITED]
        if limited > made * _LIMITED_SHARE:
            yield Inconclusive(
                InconclusiveKind.THROTTLED,
                RUN,
                f"{limited} of {made} calls were refused for being too many (429)",
            )


def _actors(history: History, suspicion: Suspicion) -> tuple[str, ...]:
    involved = [call.actor.name for call in history if call.index in suspicion.calls]
    return tuple(dict.fromkeys(involved))
