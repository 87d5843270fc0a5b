"""Short trials: limits of few calls, counted by something else than the user who makes them.

A guard against guessing counts answers that something is missing, by an address or for all at once.
A limit may be counted by the object that is changed, and is one for all where none is named. Such a
limit is met by few calls and is soon over: each operation gets a few of one user's, and at once the
first of another's. All are tried on the same few users; what refuses one is tried again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from crosstalk.core.history import Actor, History, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.rules.comparisons.existence_pair import unknown_like
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.limits.choice import can_be_repeated, server_of
from crosstalk.phases.limits.trial import Trial, Trier
from crosstalk.surface.capabilities import creators_among, removes, required_references
from crosstalk.surface.operation import Operation
from crosstalk.surface.opposites import edits

# Calls of one user on an operation: more than the least bursts that limits allow.
MOST_FEW = 14
# The part of the phase's calls for all of them, and calls below which others need all.
_PART, _LEAST_CALLS = 0.5, 400
# Calls after which other users go on, before one has met the limit of all their requests.
_CALLS_OF_SOME = 80


class NamingNothing(Trier):
    """Has users name objects that do not exist, and none where none must be named."""

    def __init__(self, budget: PhaseBudget, trier: Trier) -> None:
        super().__init__(budget.executor, trier.users, budget.random, budget.knowledge)
        self._budget = budget

    def call(
        self, history: History, operation: Operation, actor: Actor, probe: Probe | None = None
    ) -> PlannedCall:
        """Plan a call of a user about nothing that any user has."""
        planned = super().call(history, operation, actor, probe)
        optional = {each.name for each in operation.parameters if each.refers and not each.required}
        arguments = {n: value for n, value in planned.arguments.items() if n not in optional}
        stored = self._budget.executor.limits.stored[operation.name]
        for each in required_references(operation):
            known = stored[-1][1].arguments.get(each.name) if stored else None
            known = known[0] if isinstance(known, list) and known else known
            missing = unknown_like(str(known), RandomChoice(self._budget.random).uuid(), each)
            arguments[each.name] = [missing] if each.many else missing
        return replace(planned, arguments=arguments)


def suspected(budget: PhaseBudget, trier: Trier) -> Iterator[tuple[Operation, Trial]]:
    """Yield each operation that refused another user's first call after a few of one user's.

    Args:
        budget: Means of the phase.
        trier: Of three users.

    Raises:
        OutOfTimeError: The time in which calls may be made is over.
    """
    if budget.calls < _LEAST_CALLS:
        return
    naming, executor = NamingNothing(budget, trier), budget.executor
    ends = executor.calls_made + int(_PART * budget.calls)
    history: History | None = None
    for operation in _tried(budget):
        if executor.calls_made + MOST_FEW > ends:
            return
        if history is None or len(history) > _CALLS_OF_SOME:
            history = budget.fresh_history()
        trial = naming.run(history, operation, MOST_FEW)
        if trial.shared:
            yield operation, trial
            # What is used up for all may be so for other operations.
            history = None


def _tried(budget: PhaseBudget) -> list[Operation]:
    """Return what is tried, the likeliest first: a reading by an id of each server, what acts on
    all that there is, what acts on one object, and then what stores, edits and removes.
    """
    operations = list(budget.executor.operations.values())
    stored = budget.executor.limits.stored
    reading: dict[str, Operation] = {}
    acting = []
    for each in operations:
        if each.conversational or (required_references(each) and not stored.get(each.name)):
            continue
        if each.reads_only and required_references(each) and can_be_repeated(each, budget):
            reading.setdefault(server_of(each), each)
        # What removes is told of an object that is missing alone.
        named = removes(each) and required_references(each)
        if not each.reads_only and (named or can_be_repeated(each, budget)):
            acting.append(each)
    storing = {each.name for each in creators_among(acting)}
    acting.sort(
        key=lambda each: (
            removes(each),
            edits(each),
            each.name in storing,
            bool(required_references(each)),
        )
    )
    return [*reading.values(), *acting]
