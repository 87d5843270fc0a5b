"""Policy: who may see or change what, by which operation, and until when.

Noninterference holds up to a policy (declassification: who, what, when). A policy names tenants and
roles, what they may reach, calls that open sharing and calls that end it, and fields that no answer
holds. `permits` is one function of the policy and the history.
"""

from crosstalk.core.policy.decision import Decision, decide, may_call, permits
from crosstalk.core.policy.model import Allow, Fields, Person, Policy, Reserve, Share, Suspend

__all__ = [
    "Allow",
    "Decision",
    "Fields",
    "Person",
    "Policy",
    "Reserve",
    "Share",
    "Suspend",
    "decide",
    "may_call",
    "permits",
]
