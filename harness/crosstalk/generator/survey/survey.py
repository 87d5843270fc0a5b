"""The survey of one campaign: its parts, one after the other, each judged when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.examples.tenants import apart
from crosstalk.generator.survey.alike import AlikePart
from crosstalk.generator.survey.effects import EffectsPart
from crosstalk.generator.survey.keys import KeysPart
from crosstalk.generator.survey.names import NamesPart
from crosstalk.generator.survey.neighbour import NeighbourPart
from crosstalk.generator.survey.numbers import NumbersPart
from crosstalk.generator.survey.pages import PagesPart
from crosstalk.generator.survey.reach import ReachPart
from crosstalk.generator.survey.refused import RefusedPart
from crosstalk.generator.survey.removal import RemovalPart
from crosstalk.generator.survey.shared_words import SharedWordsPart
from crosstalk.generator.survey.times import TimesPart
from crosstalk.generator.survey.undeclared import UndeclaredPart
from crosstalk.surface.capabilities import Capabilities

# The part of a campaign's calls that the survey may use, and of so many that others need theirs.
_SHARE, _MANY_CALLS, _SHARE_OF_MANY = 0.45, 2_000, 0.33
# The part of that which the first of its own parts may use.
_FIRST_SHARE = 0.49
# The part of all calls for two users who call theirs alike.
_ALIKE_SHARE = 0.1
# What is kept for those after the one that names objects in every form.
_KEPT = 0.08


class Part(Protocol):
    """One part of the survey; keeps no state but what it counts as made.

    Attributes:
        name: Unique; counts are kept under it.
        least: Calls below which it shows nothing: it reads, acts and reads again.
    """

    name: str
    least: int

    def run(self, users: Arrangement, most: int) -> None:
        """Make the part's calls, `most` of them or a few more."""
        ...


# It is made once more at the end.
_NEIGHBOUR = NeighbourPart()
# What shows most leaks for its calls comes first; few servers have what the very first one is for.
PARTS: tuple[Part, ...] = (
    PagesPart(),
    AlikePart(),
    SharedWordsPart(),
    _NEIGHBOUR,
    TimesPart(),
    NamesPart(),
    KeysPart(),
    NumbersPart(),
    ReachPart(),
    EffectsPart(),
    RemovalPart(),
    RefusedPart(),
    UndeclaredPart(),
)
_TIMES = next(n for n, each in enumerate(PARTS) if each.name == TimesPart.name)


@dataclass(slots=True)
class Survey:
    """Makes each opportunity once.

    Attributes:
        state: What it shares with the examples.
        random: Makes the choices.
        calls: Calls that the campaign means to make.
    """

    state: GeneratorState
    random: Random
    calls: int
    _capabilities: Capabilities = field(init=False)
    # Numbers of the parts that were made to their end.
    _made: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        operations = list(self.state.executor.operations.values())
        self._capabilities = Capabilities.of(operations)

    def run(self) -> None:
        """Make the parts, in one example until a suspicion is replayed on the system.

        A second run makes what the first one had no calls for.
        """
        if len(self.state.principals.members) < 2:
            return
        share = _SHARE if self.calls < _MANY_CALLS else _SHARE_OF_MANY
        left = int(share * self.calls)
        example: ExampleRun | None = None
        before_all = self._acts_found()
        for number, part in enumerate((*PARTS, _NEIGHBOUR)):
            if self.state.stopped():
                break
            if number in self._made:
                continue
            if number >= len(PARTS) and self._acts_found() == before_all:
                # Only what others did hides what else they change.
                break
            with rule_errors_stop_the_run():
                if example is None or example.over:
                    if example is not None:
                        example.end()
                    example = ExampleRun(self.state, self._capabilities)
                before = self.state.executor.calls_made
                members = apart(example.members, example.history.policy)
                # What the second part leaves is of those who act in the next, and no other's; few
                # servers have what the third and the one for times are for, and they act with those
                # of the next.
                turn = number - (number > 1) - (number > 2) - (number > _TIMES)
                victim = members[turn % len(members)]
                attacker = members[(turn + 1) % len(members)]
                # The first parts could use all, and the others would not be made.
                shares = {
                    AlikePart.name: _ALIKE_SHARE * self.calls,
                    NeighbourPart.name: _FIRST_SHARE * share * self.calls,
                    ReachPart.name: left - _KEPT * self.calls,
                }
                most = int(min(left, shares.get(part.name, left), self.state.left()))
                if most < part.least:
                    continue
                try:
                    part.run(Arrangement(example, self.random, victim, attacker), most)
                    example.judge()
                except BaseException:
                    example.end()
                    example = None
                    raise
                left -= self.state.executor.calls_made - before
                if not self.state.stopped():
                    self._made.add(number)
        if example is not None:
            with rule_errors_stop_the_run():
                example.end()

    def _acts_found(self) -> int:
        """Return the number of acts that are known to reach what is another user's."""
        operations = self.state.executor.operations
        found = self.state.reaching_others()
        return sum(not operations[name].reads_only for name in found if name in operations)
