"""The smallest activity of the others that the observer notices: delta debugging by real replays.

First the others' calls are left out as long as the same call of the observer is answered otherwise,
then the observer's own, then arguments. What is left must show it again and again, each time
against worlds of its own, or the whole plan stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from crosstalk.core.history import History
from crosstalk.phases.two_worlds.comparison import ABSENT, Difference, Place, differences, unsteady
from crosstalk.phases.two_worlds.plan import Plan
from crosstalk.phases.two_worlds.world_runs import WorldPlayer
from crosstalk.surface.capabilities import creators_among
from crosstalk.surface.operation import Role

# A coin falls so that it deceives this often in a row once in 512 times; and it must before, too.
_PROOF = 5


@dataclass(frozen=True, slots=True)
class Shrinker:
    """Shortens plans that show a difference.

    Attributes:
        player: Makes the calls.
        patience: Seconds after which a plan is short enough.
        noise: Places that depend on chance; those that are met are added.
    """

    player: WorldPlayer
    patience: float = 60.0
    noise: set[Place] = field(default_factory=set)

    def shrink(self, plan: Plan, found: Difference) -> tuple[Plan, History] | None:
        """The shortest plan found, with a history that shows it; None if it does not show again."""
        whole = plan.upto(found.key)
        kinds = (found.against, found.kind)
        if self._shows(whole, found, repeated(kinds, 2)) is None:
            return None
        deadline = time.monotonic() + self.patience

        def few_others(shorter: Plan, ground: History) -> bool:
            return self._shows(shorter, found, (found.kind,), ground) is not None

        def few_own(shorter: Plan) -> bool:
            return self._shows(shorter, found, kinds) is not None

        best = self._likely(whole, found, few_own)
        if found.against == ABSENT:
            # Without the others it is the same world whichever of their calls are left out.
            ground = self.player.play(best, (ABSENT, f"{ABSENT}-2"))
            best = _drop(best, best.varied(), lambda each: few_others(each, ground), deadline)
        else:
            best = _drop(best, best.varied(), few_own, deadline)
        own = [
            each.number
            for each in best.script.steps
            if each.number != found.key and each.number not in best.varied()
        ]
        best = _drop(best, own, few_own, deadline)
        best = self._drop_arguments(best, few_own, deadline)
        best = _drop(best, best.varied(), few_own, deadline)
        for proven in (best, whole):
            seen = self._shows(proven, found, repeated(kinds, _PROOF))
            if seen is not None:
                return proven, seen
        return None

    def _likely(self, plan: Plan, found: Difference, shows: Callable[[Plan], bool]) -> Plan:
        """With the same call before, and with what the observer has stored as well; else all."""
        operations = self.player.performer.operations
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
        plan: Plan,
        found: Difference,
        worlds: Sequence[str],
        ground: History | None = None,
    ) -> History | None:
        history = self.player.play(plan, worlds, onto=ground)
        self.noise.update(unsteady(history))
        same = any(
            each.key == found.key and each.kind == found.kind
            for each in differences(history, self.noise)
        )
        return history if same else None

    def _drop_arguments(self, plan: Plan, shows: Callable[[Plan], bool], deadline: float) -> Plan:
        for step in plan.script.steps:
            operation = self.player.performer.operations.get(step.operation)
            identity = {
                each.name
                for each in (operation.parameters if operation else ())
                if each.role is Role.IDENTITY
            }
            for name in step.arguments:
                if name in identity or time.monotonic() > deadline:
                    continue
                shorter = replace(plan, script=plan.script.without_argument(step.number, name))
                if shows(shorter):
                    plan = shorter
        return plan


def _drop(
    plan: Plan, numbers: Sequence[int], shows: Callable[[Plan], bool], deadline: float
) -> Plan:
    """The plan without as many of these steps as it can do without."""
    left = list(numbers)
    size = max(1, len(left) // 2)
    while size and left:
        position = 0
        while position < len(left) and time.monotonic() < deadline:
            block = left[position : position + size]
            shorter = plan.without(block)
            if shorter is not None and shows(shorter):
                plan = shorter
                there = {each.number for each in plan.script.steps}
                left = [each for each in left if each in there]
            else:
                position += size
        size //= 2
    return plan


def repeated(kinds: Sequence[str], times: int) -> list[str]:
    """Names of worlds of these kinds in turn, so that what drifts with time is no difference."""
    return [
        kind if turn == 1 else f"{kind}-{turn}" for turn in range(1, times + 1) for kind in kinds
    ]
