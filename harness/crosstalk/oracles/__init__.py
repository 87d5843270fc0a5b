"""One file an oracle: a history in, suspicions out.

An oracle approximates noninterference (Goguen and Meseguer 1982): what one user observes must not
depend on what another did or stored. It also counts its opportunities, calls at which it could
have fired: a clean result without any is no result.
"""

from crosstalk.oracles.base import Oracle, Suspicion
from crosstalk.oracles.canary import Canary
from crosstalk.oracles.existence import Existence
from crosstalk.oracles.identity import Identity
from crosstalk.oracles.ownership import Ownership

ORACLES: tuple[Oracle, ...] = (Canary(), Ownership(), Existence(), Identity())

__all__ = ["ORACLES", "Canary", "Existence", "Identity", "Oracle", "Ownership", "Suspicion"]
