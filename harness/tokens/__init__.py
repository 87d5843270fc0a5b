"""Tokens of test users, and tokens that must be refused."""

from harness.tokens.forgeries import BY_NAME, FORGERIES, Forgery, ForgeryContext
from harness.tokens.issuer import BACKEND_AUDIENCE, LocalIssuer
from harness.tokens.keys import ALGORITHMS, KeyPair

__all__ = [
    "ALGORITHMS",
    "BACKEND_AUDIENCE",
    "BY_NAME",
    "FORGERIES",
    "Forgery",
    "ForgeryContext",
    "KeyPair",
    "LocalIssuer",
]
