"""Function: an operation that the policy reserves is served to a user who may not call it.

Its positive control is a call of the same operation that a user with the right was served by:
where no user is served, a refusal says nothing.
"""

from __future__ import annotations

from collections import Counter

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History
from crosstalk.core.policy import Reserve, may_call
from crosstalk.core.policy.sharing import had_role
from crosstalk.oracles.base import Suspicion, conclusive, was_served


def unentitled(history: History, call: Call) -> Reserve | None:
    """Return the rule that reserves what a user called, where that user never had the right."""
    policy, user = history.policy, call.actor.user
    if policy is None or user is None or call.actor.forgery is not None:
        return None
    allowed, reserve = may_call(policy, history, user, call.operation, call)
    if allowed or reserve is None or had_role(policy, history, user, reserve.to, call):
        return None
    return reserve


class Function:
    """Fires when a reserved operation is served to a user without the role."""

    name = "function"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each call that was served."""
        found = []
        for call in history if history.policy is not None else ():
            reserve = unentitled(history, call)
            if reserve is not None and was_served(call):
                found.append(
                    Suspicion(
                        self.name,
                        call.operation,
                        (call.index,),
                        f"{call.actor.name} was served by {call.operation}, against the rule "
                        f"“{reserve}”",
                        rule=BrokenRule.FUNCTION,
                    )
                )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Count calls without the right, of operations that served a user with the right."""
        if history.policy is None:
            return Counter()
        tried: Counter[str] = Counter()
        able = set()
        for call in history:
            if unentitled(history, call) is not None:
                tried[call.operation] += conclusive(call.answer)
            elif was_served(call) and history.policy.reserved(call.operation) is not None:
                able.add(call.operation)
        return Counter({name: count for name, count in tried.items() if name in able and count})
