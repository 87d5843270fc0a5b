"""Tokens of test users, and forged tokens that must be refused.

`LocalIssuer` mints tokens, `python -m crosstalk.tokens` publishes its keys, `forgeries` spoils its
tokens, `trial` sends those to a system's surfaces, and `controls` shows that the trial can fail.
"""

from crosstalk.tokens.forgeries import (
    BY_NAME,
    FORGERIES,
    Credential,
    Forgery,
    ForgeryContext,
    NotApplicableError,
    get_forgery,
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
    "get_forgery",
]
