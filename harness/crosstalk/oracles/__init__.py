"""One file an oracle: a history in, suspicions out.

An oracle approximates noninterference (Goguen and Meseguer 1982): what one user observes must not
depend on what another did or stored. It also counts its opportunities, calls at which it could
have fired: a clean result without any is no result.
"""

from crosstalk.core.policy import Policy
from crosstalk.oracles.base import Oracle, Suspicion
from crosstalk.oracles.canary import Canary
from crosstalk.oracles.delegation import Delegation
from crosstalk.oracles.escalation import Escalation
from crosstalk.oracles.existence import Existence
from crosstalk.oracles.function import Function
from crosstalk.oracles.identity import Identity
from crosstalk.oracles.ownership import Ownership
from crosstalk.oracles.property import Property
from crosstalk.oracles.revocation import Revocation

ORACLES: tuple[Oracle, ...] = (Canary(), Ownership(), Existence(), Identity())
# They judge by a policy alone.
POLICY_ORACLES: tuple[Oracle, ...] = (
    Function(),
    Escalation(),
    Property(),
    Revocation(),
    Delegation(),
)


def oracles_under(policy: Policy | None) -> tuple[Oracle, ...]:
    """Return the oracles that judge histories under this policy."""
    return ORACLES if policy is None else (*ORACLES, *POLICY_ORACLES)


__all__ = [
    "ORACLES",
    "POLICY_ORACLES",
    "Canary",
    "Delegation",
    "Escalation",
    "Existence",
    "Function",
    "Identity",
    "Oracle",
    "Ownership",
    "Property",
    "Revocation",
    "Suspicion",
    "oracles_under",
]
