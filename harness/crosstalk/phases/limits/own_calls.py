"""Calls of users new to an operation, each on an object of their own where it names one.

What a user stored before they were served is stored by another user in the same way: the calls are
those of a script, with the other user in the place of the first.
"""

from __future__ import annotations

from dataclasses import replace

from crosstalk.core.history import Actor, Call, History
from crosstalk.core.limit_refusals import refused_for_many
from crosstalk.core.script import Script, Step, references_in, script_of, with_subjects
from crosstalk.execution.executor import PlannedCall
from crosstalk.execution.script_runner import ScriptRunner
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.limits.trial import Trial, Trier
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Role

# Calls by which a user comes to have what an operation names, at most, with its own.
_LONGEST = 6


class OwnCalls:
    """Makes calls of one operation.

    Args:
        budget: Means of the phase.
        operation: What is called.
        trier: Plans calls that name no object.
    """

    def __init__(self, budget: PhaseBudget, operation: Operation, trier: Trier) -> None:
        self._budget = budget
        self._operation = operation
        self._trier = trier
        self._script = self._served() if required_references(operation) else None

    @property
    def possible(self) -> bool:
        """Return whether a user can come to call it."""
        return self._script is not None or not required_references(self._operation)

    def first(self, history: History, actor: Actor) -> Call | None:
        """Make a user's first call in a history; None where they do not come to it.

        Args:
            history: Takes the calls.
            actor: Who calls.
        """
        script = self.script_of(actor)
        if script is None:
            planned = self._trier.call(history, self._operation, actor)
            return self._budget.executor.make(history, planned)
        runner = ScriptRunner(
            self._budget.executor, history, salt=self._budget.random.getrandbits(32)
        )
        return history.calls[-1] if runner.run_script(script) else None

    def again(self, history: History, call: Call) -> Call:
        """Make another call of the same user, on the same object where there is one."""
        if self._script is None:
            planned = self._trier.call(history, self._operation, call.actor)
        else:
            planned = PlannedCall(call.actor, call.operation, call.arguments)
        return self._budget.executor.make(history, planned)

    def script_of(self, actor: Actor) -> Script | None:
        """Return the calls by which a user comes to be served; None where one call is enough."""
        return None if self._script is None else _by(actor, self._script)

    def about_nothing_common(self) -> bool:
        """Return whether two users' calls name nothing that is the same for both, e.g. an event."""
        script = self._script
        names = [each for each in self._operation.parameters if each.required]
        if script is not None:
            last = script.steps[-1]
            by_name = {each.name: each for each in self._operation.parameters}
            named = [by_name[name] for name in last.arguments if name in by_name]
            literal = [e for e in named if e.refers and not references_in(last.arguments[e.name])]
            if literal:
                return False
            names = [each for each in named if not each.refers]
        return not any(each.role is Role.VALUE and _chooses(each.schema) for each in names)

    def _served(self) -> Script | None:
        """Return the calls by which one user alone came to be served."""
        for history, call in reversed(self._budget.executor.limits.stored[self._operation.name]):
            if not any(each is call for each in history.calls):
                continue
            script = script_of(history)
            steps = script.only(script.needed_for([call.index]))
            if (
                steps is not None
                and len(steps.steps) <= _LONGEST
                and all(step.actor == call.actor for step in steps.steps)
            ):
                return Script(tuple(replace(step, together=0, probe=None) for step in steps.steps))
        return None


def try_limit(budget: PhaseBudget, trier: Trier, operation: Operation, most: int) -> Trial | None:
    """Make a trial of an operation's limit; None where a user does not come to call it.

    Args:
        budget: Means of the phase.
        trier: Of three users.
        operation: What is called.
        most: Calls by which one user tries to use the limit up.

    Raises:
        OutOfTimeError: The time in which calls may be made is over.
    """
    history = budget.fresh_history()
    if not required_references(operation):
        return trier.run(history, operation, most)
    own = OwnCalls(budget, operation, trier)
    third, busy, observer = trier.users
    control = own.first(history, third) if own.possible else None
    begun = own.first(history, busy) if control is not None else None
    if control is None or begun is None:
        return None
    call = begun
    for _ in range(most):
        if refused_for_many(call.answer):
            break
        call = own.again(history, call)
    refused = call if refused_for_many(call.answer) else None
    observed = own.first(history, observer) if refused else None
    return Trial(history, control, refused, observed)


def _chooses(schema: object) -> bool:
    """Return whether a value is one of several that are there, or a word."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    return kind not in ("integer", "number", "boolean")


def _by(actor: Actor, script: Script) -> Script:
    """Return a script of one user with another in their place."""

    def step(each: Step) -> Step:
        names = {each.actor.claims: actor.claims}
        return replace(each, actor=actor, arguments=with_subjects(each.arguments, names))

    return Script(tuple(map(step, script.steps)))
