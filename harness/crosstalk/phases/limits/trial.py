"""One trial of a limit: a control, a user who calls until refused, and another's first call."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from crosstalk.core.history import Actor, Call, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.limit_refusals import refused_for_many
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.operation import Operation

# Calls by which one user tries to use a limit up.
MOST_CALLS = 320
# Calls of another user while it is used up, at most.
MOST_OBSERVED = 5
# There is no such operation, or its form is wrong.
_UNDECIDED = frozenset({405, 406, 415, 501})
_BUSY = Probe("worlds", 0, "varied", "")


@dataclass(frozen=True, slots=True)
class Trial:
    """Outcome of one trial of an operation's limit.

    Attributes:
        history: Its calls.
        control: The first call of a third user, made before.
        refused: The call by which the limit was used up; None where it was not.
        observed: One of the other user's first calls, made while it was used up: the one that was
            refused, else the last; None where none was made.
    """

    history: History
    control: Call
    refused: Call | None
    observed: Call | None

    @property
    def conclusive(self) -> bool:
        """Return whether the limit was met, by one user alone."""
        return accepted(self.control) and self.refused is not None and self.observed is not None

    @property
    def shared(self) -> bool:
        """Return whether another user's call was refused for what one user had done."""
        limited = self.observed is not None and refused_for_many(self.observed.answer)
        return self.conclusive and limited


def accepted(call: Call) -> bool:
    """Return whether a call came to be decided: it was served, or refused for what it says.

    An attempt with a wrong code is refused, and counted.
    """
    answer = call.answer
    decided = answer.outcome in (Outcome.OK, Outcome.ERROR) and (answer.status or 0) < 500
    return decided and answer.status not in _UNDECIDED and not refused_for_many(answer)


class Trier:
    """Makes trials of one system.

    Args:
        executor: Makes the calls.
        members: Three users: who is the control, who uses the limit up, who is observed.
        random: Makes the choices.
        knowledge: What the campaign has learnt about arguments.
    """

    def __init__(
        self,
        executor: Executor,
        members: tuple[Actor, Actor, Actor],
        random: Random,
        knowledge: ArgumentKnowledge,
    ) -> None:
        self._executor = executor
        self._control, self._busy, self._observer = members
        self._random = random
        self._knowledge = knowledge
        self._planted = 0

    def run(self, history: History, operation: Operation, most: int = MOST_CALLS) -> Trial:
        """Make one trial; it ends with the first call that is refused.

        Args:
            history: Fresh; takes the calls.
            operation: What is called.
            most: Calls by which one user tries to use the limit up.

        Raises:
            OutOfTimeError: The time in which calls may be made is over.
        """
        (control,) = self._made(history, [self.call(history, operation, self._control)])
        refused = None
        if accepted(control):
            refused = self._use_up(history, operation, most)
        observed = self._observe(history, operation) if refused is not None else None
        return Trial(history, control, refused, observed)

    @property
    def users(self) -> tuple[Actor, Actor, Actor]:
        """Return who is the control, who uses the limit up, and who is observed."""
        return self._control, self._busy, self._observer

    def plan_each(self, history: History, operation: Operation) -> list[PlannedCall]:
        """Return a call of the control, one of the busy user and one of the observer."""
        observed = Probe("worlds", 1, "observed", self._observer.name)
        asked = ((self._control, None), (self._busy, _BUSY), (self._observer, observed))
        return [self.call(history, operation, actor, probe) for actor, probe in asked]

    def _observe(self, history: History, operation: Operation) -> Call | None:
        """Have the observer call while the busy user goes on, which keeps the limit used up.

        A limit lets one more call through every now and then, and that may be the observer's. It
        calls far fewer times than a limit of its own would take.
        """
        served = sum(accepted(call) for call in history) - 1
        width = max(1, self._executor.concurrency - 1)
        observed = None
        for _ in range(max(1, min(MOST_OBSERVED, served // 4))):
            planned = [self.call(history, operation, self._busy, _BUSY) for _ in range(width)]
            probe = Probe("worlds", 1, "observed", self._observer.name)
            planned.append(self.call(history, operation, self._observer, probe))
            if self._executor.concurrency == 1:
                planned = planned[-1:] if observed is None else planned
            observed = self._made(history, planned)[-1]
            if not accepted(observed):
                break
        return observed

    def _use_up(self, history: History, operation: Operation, most: int) -> Call | None:
        width = max(1, self._executor.concurrency)
        for made in range(0, most, width):
            together = min(width, most - made)
            planned = [self.call(history, operation, self._busy, _BUSY) for _ in range(together)]
            for call in self._made(history, planned):
                if refused_for_many(call.answer):
                    return call
        return None

    def _made(self, history: History, planned: list[PlannedCall]) -> list[Call]:
        return self._executor.execute_all(history, planned)

    def call(
        self, history: History, operation: Operation, actor: Actor, probe: Probe | None = None
    ) -> PlannedCall:
        """Plan a call of a user in their own words."""
        drawer = HonestDrawer(
            RandomChoice(self._random),
            ValuePool(),
            history.subjects,
            self._plant,
            self._knowledge,
        )
        arguments = drawer.arguments(operation, actor, references=("own",), hostile=False)
        return PlannedCall(actor, operation.name, arguments, probe)

    def _plant(self, user: str) -> str:
        self._planted += 1
        return marker(user, self._planted)
