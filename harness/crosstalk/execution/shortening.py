"""Shortens the script of one suspicion: fewer calls, fewer arguments, and the plainest actors.

Every attempt is a replay, so that shortening has a share of the run's calls and seconds. Where the
share is used up, the shortest script so far stands, and is said not to be minimal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from crosstalk.core.history import Actor, History
from crosstalk.core.principals import simpler_actors
from crosstalk.core.script import Script, Step, with_subjects
from crosstalk.execution.cause import Signature, calls_by_others
from crosstalk.execution.executor import Executor
from crosstalk.execution.shrink import Allowance, drop_steps, identity_arguments, shrink_script
from crosstalk.oracles.base import Suspicion


@dataclass(frozen=True, slots=True)
class Shown:
    """A replay that shows a suspicion."""

    script: Script
    history: History
    suspicion: Suspicion


@dataclass(slots=True)
class Shortening:
    """Shortens one script.

    Attributes:
        replay: Replays a script; returns what it shows, of a cause where one is named.
        executor: Makes the calls.
        shown: What is shortened.
        signature: By what the suspicion is known again.
        attempts: Replays that a shorter script gets.
        times: Replays in a row that must show it: one may use up what an earlier one has left.
        calls: Calls that it may use.
        seconds: Seconds that it may use.
        forgeries: Kinds of forged credentials, of which the first that does stands for the others.
        progress: Called before each attempt with the script and the calls used so far.
    """

    replay: Callable[[Script, Signature, str | None], Shown | None]
    executor: Executor
    shown: Shown
    signature: Signature
    attempts: int
    calls: int
    seconds: float
    forgeries: Sequence[str]
    progress: Callable[[Script, int], None]
    times: int = 1
    _allowance: Allowance = field(init=False)
    _cause: str | None = None

    def __post_init__(self) -> None:
        self._allowance = Allowance(self.executor, self.calls, self.seconds)

    @property
    def minimal(self) -> bool:
        """Return whether all attempts were made, so that nothing more can be left out."""
        return not self._allowance.spent()

    def run(self, likely: Script | None) -> Shown:
        """Return the shortest that shows it.

        Args:
            likely: A part that may show it by itself, if there is one.
        """
        if likely is not None and len(likely.steps) < len(self.shown.script.steps):
            self._shows(likely)
        # First, because the actors say which rule is broken.
        self._take_simpler_actors()
        if self.signature.oracle == "ownership":
            self._keep_one_act()
        kept = identity_arguments(self.shown.script, self.executor.operations)
        shrink_script(self.shown.script, self._shows, self._allowance.spent, kept_arguments=kept)
        self._take_simpler_actors()
        return self.shown

    def _shows(self, script: Script) -> bool:
        """Return whether a script shows it; the last that does is what is left."""
        self.progress(script, self._allowance.used())
        return self._allowance.bounding(self._replayed)(script)

    def _replayed(self, script: Script) -> bool:
        for _ in range(self.attempts):
            found = self.replay(script, self.signature, self._cause)
            for _ in range(self.times - 1):
                found = found and self.replay(script, self.signature, self._cause)
            if found is not None:
                self.shown = found
                return True
        return False

    def _keep_one_act(self) -> None:
        """Leave out the calls between the readings that change nothing."""
        calls = self.shown.suspicion.calls
        between = (calls[0], calls[-1])
        acts = calls_by_others(self.shown.script, self.signature.caller, between)
        drop_steps(self.shown.script, self._shows, self._allowance.spent, acts)
        # From here on the operation that changed it stays the same.
        self._cause = self.shown.suspicion.operation

    def _take_simpler_actors(self) -> None:
        script = self.shown.script
        identities = identity_arguments(script, self.executor.operations)
        for actor in dict.fromkeys(step.actor for step in script.steps):
            for simpler in simpler_actors(actor, self.forgeries):
                steps = tuple(
                    _made_by(simpler, step, identities) if step.actor == actor else step
                    for step in self.shown.script.steps
                )
                if not self._allowance.spent() and self._shows(Script(steps)):
                    break


def _made_by(actor: Actor, step: Step, identities: set[tuple[int, str]]) -> Step:
    """Return the step as another actor makes it, with that actor's identity."""
    said = with_subjects(step.arguments, {step.actor.claims: actor.claims})
    arguments = {
        name: said[name] if (step.number, name) in identities else value
        for name, value in step.arguments.items()
    }
    return replace(step, actor=actor, arguments=arguments)
