"""Accounts that a call happened to disable are enabled again at once.

An account that stays disabled is served nothing: no other rule could learn anything by it.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.history import Actor, Call, Outcome
from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import matches
from crosstalk.execution.executor import PlannedCall
from crosstalk.surface.operation import Operation, Role


def enabled_again(
    policy: Policy | None,
    calls: Sequence[Call],
    members: Sequence[Actor],
    operations: Sequence[Operation],
) -> list[PlannedCall]:
    """Return the calls that enable what these calls disabled.

    Args:
        policy: Says by which operations; None where nothing is declared.
        calls: That were just made.
        members: Users with accounts.
        operations: That can be called.
    """
    if policy is None or not policy.suspends:
        return []
    found = []
    for call in calls:
        rule = policy.suspending(call.operation)
        actor = next((each for each in members if each.user == call.actor.user), None)
        if rule is None or actor is None or call.answer.outcome is not Outcome.OK:
            continue
        enabling = [each for each in operations if matches(rule.enables, each.name)]
        if matches(rule.disables, call.operation) and enabling:
            known = {e.name for e in enabling[0].parameters if e.role is not Role.KEY}
            given = {name: value for name, value in call.arguments.items() if name in known}
            found.append(PlannedCall(actor, enabling[0].name, given))
    return found
