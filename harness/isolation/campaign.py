"""One run: generate until the budget is used, judge, confirm by replay, shrink, report.

The campaign knows surfaces, oracles and the generator; it does not know how the system was
started, nor who listens to its events.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from harness.history import Actor, Call, Flow, History, Outcome
from harness.isolation.actors import ANONYMOUS, EVERYBODY, Cast
from harness.isolation.events import Emit, FindingFound, Finished, Progress, Started, Suspected
from harness.isolation.kinds import creators_among, observation_arguments
from harness.isolation.machine import Stage, make_machine
from harness.isolation.performer import Credentials, Performer
from harness.isolation.replay import Replayer, save
from harness.isolation.result import CampaignResult, Control, Finding, Verdict
from harness.isolation.script import script_of
from harness.oracles import ORACLES, Suspicion
from harness.oracles.canary import sightings
from harness.surface.operation import Operation, Role, Surface
from harness.values import is_marker, marker, tokens_of

_EXAMPLES_A_CHUNK = 20


@dataclass(frozen=True, slots=True)
class CampaignOptions:
    """How much to try.

    Attributes:
        calls: Stop after about so many calls.
        seconds: Stop after so many seconds, whatever the calls.
        seed: Reproduces the run's choices.
        steps: Rules played in one example.
        findings: Stop once so many findings are confirmed.
    """

    calls: int = 2_400
    seconds: float = 100.0
    seed: int = field(default_factory=lambda: secrets.randbelow(2**32))
    steps: int = 14
    findings: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """A running system, as a campaign sees it.

    Attributes:
        surfaces: Surface name to what performs its calls.
        credentials: Who may present what.
        reset: Empties the users' data, where the target allows it.
        forgeries: Names of spoiled credentials that `credentials` can present.
        about: What a replay file says of it.
        release: Ends whatever else the target holds.
        cast: Who can take part.
        subjects: Gives the users' subjects for one example from a new nonce; by default each is
            named after the user and the nonce.
        allowed_flows: Sharing that is meant.
        not_applicable: Oracle to the reason why it cannot have an opportunity here.
        public_values: Identifying values that everybody may see.
        persistent: Every example has the same users, and what they stored before is still there.
    """

    surfaces: Mapping[str, Surface]
    credentials: Credentials
    reset: Callable[[], None] | None = None
    forgeries: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    release: Callable[[], None] | None = None
    cast: Cast = EVERYBODY
    subjects: Callable[[str], Mapping[str, str]] | None = None
    allowed_flows: tuple[Flow, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    persistent: bool = False
    public_values: frozenset[str] = frozenset()

    def close(self) -> None:
        """Close the surfaces' connections, and whatever else the target holds."""
        for surface in {id(each): each for each in self.surfaces.values()}.values():
            surface.close()
        if self.release is not None:
            self.release()

    def operations(self) -> dict[str, Operation]:
        """Everything that can be called now, by name.

        Raises:
            SurfaceError: A surface does not answer.
        """
        found: dict[str, Operation] = {}
        for surface in {id(each): each for each in self.surfaces.values()}.values():
            found.update({each.name: each for each in surface.discover()})
        return found


class Campaign:
    """Runs the generator against one target.

    Args:
        target: The system under test.
        options: How much to try.
        emit: Receives events.
        folder: Where replay files go; nothing is written without it.
    """

    def __init__(
        self,
        target: Target,
        options: CampaignOptions,
        emit: Emit,
        folder: Path | None = None,
    ) -> None:
        self._target = target
        self._options = options
        self._emit = emit
        self._folder = folder
        self._performer = Performer(target.surfaces, target.operations(), target.credentials)
        self._controls: dict[str, Control] = {}
        self._findings: list[Finding] = []
        self._unconfirmed: list[str] = []
        self._seen: Counter[tuple[str, str]] = Counter()
        self._public_values = target.public_values
        self._latest: History | None = None
        self._examples = 0
        self._calls_to_finding: int | None = None
        self._began = time.monotonic()

    def run(self) -> CampaignResult:
        """Play until the budget is used or enough was found."""
        operations = self._performer.operations
        self._emit(Started(len(operations), self._options.seed))
        observations, unstable = self._calibrate()
        stage = Stage(
            performer=self._performer,
            fresh_history=self._fresh_history,
            observations=observations,
            forgeries=self._target.forgeries,
            cast=self._target.cast,
            examined=self._examine,
            stopped=self._stopped,
            # Where nothing is reset, what an earlier run planted is still there.
            planted=0 if self._target.reset is not None else secrets.randbelow(2**31),
        )
        machine = make_machine(stage)
        chunk = 0
        while not self._stopped():
            self._play(machine, chunk)
            chunk += 1
        result = self._result(unstable)
        self._emit(Finished(result))
        return result

    def replayer(self) -> Replayer:
        """Replays scripts against this campaign's target."""
        return Replayer(self._performer, self._fresh_history)

    def _play(self, machine: type[RuleBasedStateMachine], chunk: int) -> None:
        runner = settings(
            max_examples=_EXAMPLES_A_CHUNK,
            stateful_step_count=self._options.steps,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        seeded = seed(self._options.seed + chunk)(machine)
        # What can be drawn depends on what the system answered, and a stop cuts an example short:
        # Hypothesis rightly calls that flaky. The calls were made and judged all the same.
        with contextlib.suppress(Flaky):
            run_state_machine_as_test(seeded, settings=runner)

    def _stopped(self) -> bool:
        return (
            self._performer.calls_made >= self._options.calls
            or time.monotonic() - self._began >= self._options.seconds
            or len(self._findings) >= self._options.findings
        )

    def _fresh_history(self) -> History:
        if self._target.reset is not None:
            self._target.reset()
        if self._target.persistent and self._latest is not None:
            # Whose it was is forgotten with the example; only what is new can be told apart.
            self._public_values |= {
                value
                for call in self._latest
                for value in tokens_of(call.arguments) | tokens_of(call.answer.body)
            }
        nonce = secrets.token_hex(4)
        cast = self._target.cast
        naming = self._target.subjects
        names = [each.name for each in (*cast.members, cast.bystander) if each is not None]
        subjects = naming(nonce) if naming else {name: f"{name}-{nonce}" for name in names}
        if cast.bystander is not None:
            self._stir(cast.bystander, subjects[cast.bystander.name])
        self._latest = History(
            subjects={each.name: subjects[each.name] for each in cast.members},
            public_values=self._public_values,
            public_operations=frozenset(
                name for name, each in self._performer.operations.items() if each.public
            ),
            allowed_flows=self._target.allowed_flows,
        )
        return self._latest

    def _stir(self, bystander: Actor, subject: str) -> None:
        """Have a bystander store something by every protocol.

        Services keep state between runs. A write brings what is cached until the next write to
        the same point each time, so that a replay does not depend on what was played before it.
        """
        scrap = History({bystander.name: subject})
        for operation in creators_among(list(self._performer.operations.values())):
            arguments = {
                each.name: subject if each.role is Role.IDENTITY else marker(bystander.name, 0)
                for each in operation.parameters
                if each.role is Role.IDENTITY
                or (each.required and each.role in (Role.TEXT, Role.NAME))
            }
            self._performer.perform(scrap, bystander, operation.name, arguments)

    def _calibrate(self) -> tuple[list[Operation], list[str]]:
        """Learn what everybody may see, and which readings stay the same when nobody acts."""
        history = self._fresh_history()
        newcomer = self._target.cast.members[-1]
        for operation in self._performer.operations.values():
            if operation.public or operation.lists:
                actor = ANONYMOUS if operation.public else newcomer
                self._performer.perform(
                    history,
                    actor,
                    operation.name,
                    observation_arguments(operation, history, actor),
                )
        mine = set(history.subjects.values())
        self._public_values = self._target.public_values | frozenset(
            value
            for call in history
            for value in tokens_of(call.answer.body) | tokens_of(dict(call.answer.headers))
            if value not in mine
        )
        stable: list[Operation] = []
        unstable: list[str] = []
        for operation in self._performer.operations.values():
            if not operation.lists or operation.public:
                continue
            readings = [
                self._performer.perform(
                    history,
                    newcomer,
                    operation.name,
                    observation_arguments(operation, history, newcomer),
                ).answer
                for _ in range(2)
            ]
            same = readings[0].body == readings[1].body
            (stable if same else []).append(operation)
            if not same:
                unstable.append(f"{operation.name}: two readings in a row differ")
        self._count(history)
        return stable, unstable

    def _examine(self, history: History) -> None:
        self._examples += 1
        self._count(history)
        for oracle in ORACLES:
            for suspicion in oracle.judge(history):
                if len(self._findings) >= self._options.findings:
                    break
                self._consider(history, suspicion)
        self._emit(
            Progress(self._performer.calls_made, self._examples, time.monotonic() - self._began)
        )

    def _consider(self, history: History, suspicion: Suspicion) -> None:
        key = (suspicion.oracle, suspicion.operation)
        self._seen[key] += 1
        # One confirmed finding an oracle and operation is enough; a stubborn one gets three tries.
        known = any((each.oracle, each.operation) == key for each in self._findings)
        if known or self._seen[key] > 3:
            return
        upto = History(
            history.subjects,
            history.calls[: suspicion.calls[-1]],
            history.public_values,
            history.public_operations,
            history.allowed_flows,
        )
        finding = Finding(
            oracle=suspicion.oracle,
            operation=suspicion.operation,
            actors=_actors(upto, suspicion),
            summary=suspicion.summary,
            script=script_of(upto),
        )
        self._emit(Suspected(finding))
        calls_before = self._performer.calls_made
        shrunk = self.replayer().shrink(finding.script, suspicion.oracle)
        if shrunk is None:
            self._unconfirmed.append(f"{suspicion.operation}: {suspicion.summary} (did not replay)")
            return
        script, seen = shrunk
        finding = replace(
            finding,
            script=script,
            operation=seen.operation,
            actors=tuple(dict.fromkeys(step.actor.name for step in script.steps)),
            summary=seen.summary,
            confirmed=True,
        )
        if self._folder is not None:
            name = f"{len(self._findings) + 1}-{finding.oracle}.json"
            path = self._folder / "replays" / name
            save(finding, path, dict(self._target.about))
            finding = replace(finding, replay=str(path))
        self._findings.append(finding)
        if self._calls_to_finding is None:
            self._calls_to_finding = calls_before
        self._emit(FindingFound(finding))

    def _count(self, history: History) -> None:
        for name, control in controls_of(history).items():
            self._controls.setdefault(name, Control()).add(control)

    def _result(self, unstable: list[str]) -> CampaignResult:
        inconclusive = [*unstable, *self._unconfirmed]
        for name, operation in sorted(self._performer.operations.items()):
            control = self._controls.setdefault(name, Control())
            if not control.answered and not operation.public:
                inconclusive.append(f"{name}: never answered a caller with a result")
        never = [
            oracle.name
            for oracle in ORACLES
            if oracle.name not in self._target.not_applicable
            and not any(control.oracles.get(oracle.name) for control in self._controls.values())
        ]
        inconclusive += [f"oracle {name}: no opportunity to fire" for name in never]
        verdict: Verdict = "clean"
        if self._findings:
            verdict = "leak"
        elif never or self._unconfirmed:
            verdict = "inconclusive"
        return CampaignResult(
            verdict=verdict,
            calls=self._performer.calls_made,
            seconds=time.monotonic() - self._began,
            seed=self._options.seed,
            findings=self._findings,
            controls=self._controls,
            inconclusive=inconclusive,
            calls_to_finding=self._calls_to_finding,
            not_applicable=dict(self._target.not_applicable),
        )


def controls_of(history: History) -> dict[str, Control]:
    """Count, per operation, what this history could have shown."""
    controls: dict[str, Control] = {}
    foreign_ids = {
        name: [subject for other, subject in history.subjects.items() if other != name]
        for name in history.subjects
    }
    owners: dict[str, str] = {}
    for sighting in sightings(history):
        call = sighting.call
        control = controls.setdefault(call.operation, Control())
        control.calls += 1
        user = call.actor.user
        if user is not None:
            # What somebody made up is theirs, a key for one.
            for value in filter(is_marker, tokens_of(call.arguments)):
                owners.setdefault(value, user)
        if _is_foreign_attempt(call, owners, foreign_ids):
            control.foreign_attempts += 1
        if user is not None:
            for value in sighting.own:
                owners.setdefault(value, user)
        if call.answer.outcome is Outcome.OK and user is not None:
            control.answered += 1
            # Where there is nothing to show, as after a deletion, success with one's own id counts.
            named = any(owners.get(value) == user for value in tokens_of(call.arguments))
            if call.actor.claims == user and (sighting.own or call.answer.body or named):
                control.own_reads += 1
    for oracle in ORACLES:
        for name, count in oracle.opportunities(history).items():
            control = controls.setdefault(name, Control())
            control.oracles[oracle.name] = control.oracles.get(oracle.name, 0) + count
    return controls


def _is_foreign_attempt(
    call: Call, owners: Mapping[str, str], foreign_ids: Mapping[str, list[str]]
) -> bool:
    user = call.actor.user
    if user is None or call.actor.claims != user:
        return True
    text = str(call.arguments)
    if any(subject in text for subject in foreign_ids[user]):
        return True
    return any(owners.get(value, user) != user for value in tokens_of(call.arguments))


def _actors(history: History, suspicion: Suspicion) -> tuple[str, ...]:
    involved = [call.actor.name for call in history if call.index in suspicion.calls]
    return tuple(dict.fromkeys(involved))
