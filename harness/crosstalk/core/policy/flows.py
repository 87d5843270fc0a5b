"""A policy as flows between users, for what compares whole runs and not single calls."""

from __future__ import annotations

from collections.abc import Collection

from crosstalk.core.history import Flow, History
from crosstalk.core.policy.decision import decide
from crosstalk.core.policy.model import Policy


def flows_of_policy(policy: Policy | None, operations: Collection[str]) -> tuple[Flow, ...]:
    """Return what a policy permits from the beginning, before anything is shared.

    Args:
        policy: The rules; None where nothing is declared.
        operations: Names of all operations.
    """
    if policy is None:
        return ()
    nothing = History({})
    found = []
    for source in policy.people:
        for target in policy.people:
            permitted = frozenset(
                each
                for each in operations
                if source != target
                # What an administrator sees of accounts makes nobody a partner in what they do.
                and policy.suspending(each) is None
                and decide(policy, nothing, source, target, each, ()).permitted
            )
            if permitted:
                every = len(permitted) == len(operations)
                found.append(Flow(source, target, frozenset() if every else permitted))
    return tuple(found)
