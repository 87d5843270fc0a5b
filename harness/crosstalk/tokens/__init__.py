"""Tokens of test users, and tokens that must be refused.

`LocalIssuer` mints, `python -m crosstalk.tokens` publishes its keys, `forgeries` spoils what it
mints, `trial` sends that to a system's surfaces, and `controls` shows that the trial can fail.
"""

from crosstalk.tokens.forgeries import (
    BY_NAME,
    FORGERIES,
    Credential,
    Forgery,
    ForgeryContext,
    NotApplicableError,
)
from crosstalk.tokens.issuer import BACKEND_AUDIENCE, LocalIssuer
from crosstalk.tokens.keys import ALGORITHMS, KeyPair

__all__ = [
    "ALGORITHMS",
    "BACKEND_AUDIENCE",
    "BY_NAME",
    "FORGERIES",
    "Credential",
    "Forgery",
    "ForgeryContext",
    "KeyPair",
    "LocalIssuer",
    "NotApplicableError",
]
