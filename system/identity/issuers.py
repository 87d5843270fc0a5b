"""Trusted issuers, and the limits of the trust in each."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from system.identity.keys import SUPPORTED_ALGORITHMS, canonical_algorithm

DEFAULT_ALGORITHMS = ("EdDSA", "ES256", "RS256")


class TrustedIssuer(BaseModel):
    """A trusted issuer: name, keys, required audience and accepted algorithms.

    The allow-list belongs to the issuer (RFC 8725 section 3.1): what a token's header says can
    only agree with it.

    Attributes:
        issuer: The exact `iss` (RFC 7519 section 4.1.1); compared byte for byte.
        jwks_url: Where its public keys are (RFC 7517 section 5).
        audience: What `aud` must be or contain (RFC 7519 section 4.1.3).
        algorithms: Some of EdDSA, ES256, RS256, PS256; Ed25519 (RFC 9864) means EdDSA.
        max_lifetime: Longest time in seconds from `iat` (or from now) to `exp`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    jwks_url: str = Field(pattern=r"^https?://")
    audience: str = Field(min_length=1)
    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    max_lifetime: int = Field(default=86_400, gt=0)

    @field_validator("algorithms")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(canonical_algorithm(name) for name in value))
        if not names or not set(names) <= set(SUPPORTED_ALGORITHMS):
            raise ValueError(f"must be some of {', '.join(SUPPORTED_ALGORITHMS)}")
        return names
