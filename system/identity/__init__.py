"""Identity: verification of tokens by issuers' published keys, and the services' own tokens.

Both services use this room, so that there is one verifier to attack and one to mend. A token is
taken apart strictly (`compact`), its claims are checked (`claims`), the issuer's keys are had from
a cache (`jwks`, `keys`), and `verifier` puts these together.
"""

from system.identity.claims import Subject
from system.identity.eddsa import EdDSAKey, PSSKey
from system.identity.exchange import TokenExchange
from system.identity.issuers import TrustedIssuer
from system.identity.settings import IdentitySettings
from system.identity.signing import PublishedKeys, SigningKey, SigningKeySetting
from system.identity.verifier import TokenVerifier

__all__ = [
    "EdDSAKey",
    "IdentitySettings",
    "PSSKey",
    "PublishedKeys",
    "SigningKey",
    "SigningKeySetting",
    "Subject",
    "TokenExchange",
    "TokenVerifier",
    "TrustedIssuer",
]
