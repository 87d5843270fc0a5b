"""Limits that a campaign has met on its way: whoever did less than others was refused.

What a limit of one's own refuses is the call of whoever did most. Where a user's first call was
refused, two more users try: if they are served, one of them uses the limit up and the other calls
once. If they are refused as well, the limit stays used up. Where users are there for long, others
take back what they stored then: if one who was refused is served after that, the room that one
user leaves is another's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crosstalk.core.history import Actor, Call, History, Outcome
from crosstalk.core.identifiers import is_id_path, last_name, paths_in
from crosstalk.core.limit_refusals import refused_for_many
from crosstalk.core.object_kinds import thing_of
from crosstalk.core.script import Script, script_of
from crosstalk.core.verdict import Finding
from crosstalk.execution.executor import PlannedCall
from crosstalk.execution.limit_record import EarlyRefusal
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.limits.evidence import TRIALS, finding_of, standing_finding
from crosstalk.phases.limits.own_calls import OwnCalls, try_limit
from crosstalk.phases.limits.trial import Trial, Trier, accepted
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation

# Calls by which a limit is used up that was met on the way, at most.
_MOST_CALLS = 60
# Objects that are taken back, at most.
_MOST_TAKEN_BACK = 3


class LimitsMet:
    """Tries again what was refused on the way.

    Args:
        budget: Means of the phase.
        trier: Makes a trier of the users, in another order each time.
        pause: Waits until the limit of a trial lets calls through again.
    """

    def __init__(
        self,
        budget: PhaseBudget,
        trier: Callable[[PhaseBudget], Trier],
        pause: Callable[[Trial], None],
    ) -> None:
        self._budget = budget
        self._trier = trier
        self._pause = pause

    def confirm(self, early: EarlyRefusal) -> Finding | None:
        """Return a finding where what a user was refused shows to be for what others did.

        Args:
            early: A call that was refused.
        """
        budget = self._budget
        operation = budget.executor.operations[early.call.operation]
        with budget.executor.replaying():
            seen = []
            trier = self._trier(budget)
            own = OwnCalls(budget, operation, trier)
            one, _, other = trier.users
            for actor in (one, other) if own.possible else ():
                history = budget.fresh_history()
                call = own.first(history, actor)
                if call is None or call.operation != operation.name:
                    return None
                if not refused_for_many(call.answer):
                    return self._by_trials(operation, early) if accepted(call) else None
                seen.append((history, call))
            if not seen:
                return None
            # What users who are there for long have used up before is not known; new users have
            # used up nothing, and what is counted by the hour is not given back.
            if budget.target.persistent and not self._freed(operation, own, one):
                return None
        return self._standing(early, own, seen)

    def _by_trials(self, operation: Operation, early: EarlyRefusal) -> Finding | None:
        """Return the finding where two trials, each by other users, show a shared limit."""
        if self._budget.target.persistent:
            # What one of them has done before is not known to be little.
            return None
        most = min(_MOST_CALLS, max(12, 2 * early.total))
        trial: Trial | None = None
        for number in range(TRIALS):
            before = trial
            if before is not None:
                self._pause(before)
            trial = try_limit(self._budget, self._trier(self._budget), operation, most)
            if trial is not None and before is not None and refused_for_many(trial.control.answer):
                # It lets nobody through yet: one more new user was refused.
                return finding_of(before)
            if trial is None or not trial.shared:
                return None
            if number == TRIALS - 1:
                return finding_of(trial)
        return None

    def _standing(
        self, early: EarlyRefusal, own: OwnCalls, seen: list[tuple[History, Call]]
    ) -> Finding | None:
        stored = self._budget.executor.limits.stored.get(early.call.operation, ())
        for served in (*reversed(stored), *seen):
            other = next((each for each in seen if each[1].actor != served[1].actor), None)
            if other is not None:
                scripts = [
                    own.script_of(call.actor) or _alone(history, call)
                    for history, call in (served, other)
                ]
                return standing_finding(scripts[0], early.total, scripts[1], other[1])
        return None

    def _freed(self, operation: Operation, own: OwnCalls, refused: Actor) -> bool:
        """Return whether a user who was refused is served once others have taken back what they
        stored.
        """
        executor = self._budget.executor
        stored = list(reversed(executor.limits.stored.get(operation.name, ())))
        others = [each for each in stored if each[1].actor.user != refused.user]
        taken = 0
        for removing in _removing(operation, executor.operations):
            for history, call in others:
                if taken >= _MOST_TAKEN_BACK:
                    break
                arguments = _arguments(removing, history, call)
                if arguments is not None:
                    planned = PlannedCall(call.actor, removing.name, arguments)
                    answered = executor.make(history, planned)
                    taken += answered.answer.outcome is Outcome.OK
        if not taken:
            return False
        again = own.first(self._budget.fresh_history(), refused)
        return again is not None and accepted(again)


def _removing(operation: Operation, operations: Mapping[str, Operation]) -> list[Operation]:
    """Return the operations that remove one object of the kind that an operation stores."""
    server = operation.surface.partition("-")[0]
    return [
        each
        for each in operations.values()
        if removes(each)
        and each.surface.partition("-")[0] == server
        and len(required_references(each)) == 1
        and thing_of(each.name) == thing_of(operation.name)
    ]


def _arguments(removing: Operation, history: History, call: Call) -> dict[str, Any] | None:
    """Return the arguments by which a caller takes back what a call stored."""
    (reference,) = required_references(removing)
    named = {
        path.rpartition(".")[2]: value
        for path, value in reversed(paths_in(call.answer.body))
        if is_id_path(path)
    }
    if not named:
        return None
    name = last_name(reference.name)
    found = named.get(name, named.get("id", next(reversed(named.values()))))
    value: Any = [found] if reference.many else found
    identity = {
        each.name: history.subjects[call.actor.claims]
        for each in removing.parameters
        if each.required and each.role == "identity"
    }
    return {**identity, reference.name: value}


def _alone(history: History, call: Call) -> Script:
    """Return a call as a script, which names no other."""
    alone = History(history.subjects)
    alone.record(call)
    return script_of(alone)
