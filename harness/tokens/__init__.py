"""Tokens of test users, and tokens that must be refused.

`LocalIssuer` mints, `python -m harness.tokens` publishes its keys, `forgeries` spoils what it
mints, `trial` sends that to a system's surfaces, and `controls` shows that the trial can fail.
"""

from harness.tokens.forgeries import (
    BY_NAME,
    FORGERIES,
    Credential,
    Forgery,
    ForgeryContext,
    NotApplicableError,
)
from harness.tokens.issuer import BACKEND_AUDIENCE, LocalIssuer
from harness.tokens.keys import ALGORITHMS, KeyPair

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
