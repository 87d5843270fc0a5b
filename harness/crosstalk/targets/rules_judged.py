"""Oracles that judge by rules of a policy, and have none to judge by."""

from __future__ import annotations

from collections.abc import Mapping

from crosstalk.core.policy import Policy
from crosstalk.surface.operation import Operation


def oracles_without_rules(
    policy: Policy | None, operations: Mapping[str, Operation]
) -> dict[str, str]:
    """Return the oracles that a policy gives nothing to judge, each with the reason."""
    if policy is None:
        return {}
    reasons = {}
    if not policy.reserves:
        reasons["function"] = "the policy reserves no operation"
        reasons["delegation"] = "the policy reserves no operation"
    if not any(each.conversational for each in operations.values()):
        reasons["delegation"] = "there is no agent to ask"
    if not policy.shares and not policy.suspends:
        reasons["revocation"] = "the policy has no sharing that a call opens"
    elif not policy.suspends and not any(each.ends for each in policy.shares):
        reasons["revocation"] = "the policy names no call that ends sharing"
    changing = [each for each in operations.values() if not each.reads_only]
    if not any(each.takes_more for each in changing):
        reasons["escalation"] = "every operation's schema is closed to undeclared fields"
    if not (policy.fields.forbidden or policy.fields.own):
        reasons["property"] = "the policy names no fields"
    return reasons
