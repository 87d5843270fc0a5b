"""The smallest activity of other users that the observer notices: delta debugging by real replays.

First the other users' calls are left out as long as the same call of the observer is answered
differently, then the observer's own, then arguments. What is left must show it again and again,
each time against worlds of its own, or the whole plan stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from crosstalk.core.history import History
from crosstalk.core.script import Script
from crosstalk.execution.shrink import Allowance, drop_arguments, drop_steps, identity_arguments
from crosstalk.phases.two_worlds.comparison import ABSENT, Difference, Place, differences, unsteady
from crosstalk.phases.two_worlds.plan import WorldsPlan
from crosstalk.phases.two_worlds.world_runs import WorldRunner
from crosstalk.surface.capabilities import creators_among

# A coin falls so that it deceives this often in a row once in 512 times; and it must before, too.
_PROOF = 5
# Calls after which a plan is short enough.
_CALLS = 3_000


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A plan that shows a difference, as short as it could be made.

    Attributes:
        plan: The plan.
        history: A run of it that shows the difference.
        repeats: How often each of its worlds was run, and showed it.
        minimal: Whether nothing can be left out of it.
    """

    plan: WorldsPlan
    history: History
    repeats: int
    minimal: bool


@dataclass(frozen=True, slots=True)
class Shrinker:
    """Shortens plans that show a difference.

    Attributes:
        runner: Makes the calls.
        seconds: Seconds after which a plan is short enough.
        noise: Places that depend on chance; those that are met are added.
    """

    runner: WorldRunner
    seconds: float = 60.0
    noise: set[Place] = field(default_factory=set)

    def shrink(self, plan: WorldsPlan, found: Difference) -> Shrunk | None:
        """Return the shortest plan, with a history that shows it; None if it does not again.

        Raises:
            OutOfTimeError: The time was over before it showed again.
        """
        whole = plan.upto(found.key)
        kinds = (found.against, found.kind)
        if self._shows(whole, found, repeated(kinds, 2)) is None:
            # What falls by chance, such as the order of random ids, may fall alike in two repeats.
            alone = self.runner.run(whole, repeated((found.against,), _PROOF))
            self.noise.update(unsteady(alone))
            return None
        allowance = Allowance(self.runner.executor, _CALLS, self.seconds)
        spent = allowance.spent

        def with_script(script: Script) -> WorldsPlan:
            return replace(plan, script=script)

        @allowance.bounding
        def shows_in_both(script: Script) -> bool:
            return self._shows(with_script(script), found, kinds) is not None

        best = self._likely(whole, found, lambda each: shows_in_both(each.script))
        shows_without_others = shows_in_both
        if found.against == ABSENT:
            # Without the others it is the same world whichever of their calls are left out.
            ground = self.runner.run(best, (ABSENT, f"{ABSENT}-2"))

            @allowance.bounding
            def shows_without_others(script: Script) -> bool:
                return self._shows(with_script(script), found, (found.kind,), ground) is not None

        varied = best.varied()
        script = drop_steps(best.script, shows_without_others, spent, varied)
        own = {*script.numbers()} - {found.key, *varied}
        script = drop_steps(script, shows_in_both, spent, own)
        identities = identity_arguments(script, self.runner.executor.operations)
        script = drop_arguments(script, shows_in_both, spent, identities)
        script = drop_steps(script, shows_in_both, spent, varied)
        minimal = not spent()
        for proven in (with_script(script), whole):
            seen = self._shows(proven, found, repeated(kinds, _PROOF))
            if seen is not None:
                return Shrunk(proven, seen, _PROOF, minimal=minimal and proven is not whole)
        return None

    def _likely(
        self, plan: WorldsPlan, found: Difference, shows: Callable[[WorldsPlan], bool]
    ) -> WorldsPlan:
        """Return the plan with the same call and what the observer stored alone, or the whole."""
        operations = self.runner.executor.operations
        creators = {each.name for each in creators_among(list(operations.values()))}
        for kept in ({found.call.operation}, {found.call.operation, *creators}):
            others = set(plan.varied())
            spare = [
                each.number
                for each in plan.script.steps
                if each.number not in others and each.operation not in kept
            ]
            shorter = plan.without(spare)
            if shorter is not None and found.key in shorter.observed() and shows(shorter):
                return shorter
        return plan

    def _shows(
        self,
        plan: WorldsPlan,
        found: Difference,
        worlds: Sequence[str],
        ground: History | None = None,
    ) -> History | None:
        history = self.runner.run(plan, worlds, onto=ground)
        self.noise.update(unsteady(history))
        same = any(
            each.key == found.key and each.kind == found.kind
            for each in differences(history, self.noise)
        )
        return history if same else None


def repeated(kinds: Sequence[str], times: int) -> list[str]:
    """Return names of worlds of these kinds in rotation, so that drift makes no difference."""
    return [
        kind if time_number == 1 else f"{kind}-{time_number}"
        for time_number in range(1, times + 1)
        for kind in kinds
    ]
