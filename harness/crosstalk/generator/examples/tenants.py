"""Users of several tenants: who comes after whom, so that those who are kept apart meet first."""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.history import Actor, History
from crosstalk.core.policy import Policy
from crosstalk.core.policy.decision import may_call
from crosstalk.surface.operation import Operation


def apart(members: Sequence[Actor], policy: Policy | None) -> tuple[Actor, ...]:
    """Return users so that each is followed by one of another tenant, where there is one.

    Users of one tenant may see much of each other's, which shows nothing of what keeps tenants
    apart. Without tenants the order is the one given.

    Args:
        members: The users.
        policy: Says whose tenant is whose.
    """
    left, ordered = list(members), list[Actor]()
    while left:
        before = _tenant(ordered[-1], policy) if ordered else ""
        following = next((each for each in left if _tenant(each, policy) != before), left[0])
        left.remove(following)
        ordered.append(following)
    return tuple(ordered)


def colleagues(user: Actor, members: Sequence[Actor], policy: Policy | None) -> list[Actor]:
    """Return the other users of a user's tenant; none where there are no tenants.

    Args:
        user: One of the users.
        members: All of them.
        policy: Says whose tenant is whose.
    """
    tenant = _tenant(user, policy)
    return [each for each in members if tenant and each != user and _tenant(each, policy) == tenant]


def kept_from(
    victim: Actor, attackers: Sequence[Actor], operation: Operation, history: History
) -> Actor:
    """Return the first user whom the policy keeps from what is the victim's; else the first one.

    Where a tenant's users may all do something it is one of another tenant, and a colleague where
    the thing is its author's alone. Who may call the operation comes before who lacks the role for
    it, and is refused for that alone.

    Args:
        victim: Whose it is.
        attackers: Those to choose from, the likeliest first.
        operation: What they would call.
        history: Says what is shared by now.
    """
    kept = [each for each in attackers if is_kept_from(victim, each, operation, history)]
    policy = history.policy
    able = (
        each
        for each in kept
        if policy is None or may_call(policy, history, each.name, operation.name)[0]
    )
    return next(able, (kept or list(attackers))[0])


def is_kept_from(victim: Actor, user: Actor, operation: Operation, history: History) -> bool:
    """Return whether the policy keeps a user from what is the victim's by an operation."""
    change = not operation.reads_only
    return not history.permits(victim.name, user.name, operation.name, change=change)


def _tenant(user: Actor, policy: Policy | None) -> str:
    person = policy.people.get(user.name) if policy is not None else None
    return person.tenant if person is not None else ""
