"""Trusted issuers, and the limits of the trust in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

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
        subject_prefix: Put before each `sub` of this issuer, so that another issuer's `sub` of the
            same text is another user.
        shares_subjects: Its subjects are those of the other issuers of this audience: a service
            that acts for their users, or another sign-in to the same accounts.
        revocations_url: Where it lists sessions that ended within a token's lifetime; empty where
            it does not, and a token is then good until its `exp`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    jwks_url: str = Field(pattern=r"^https?://")
    audience: str = Field(min_length=1)
    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    max_lifetime: int = Field(default=86_400, gt=0)
    subject_prefix: str = Field(default="", max_length=64, pattern=r"^[!-~]*$")
    shares_subjects: bool = False
    revocations_url: str = Field(default="", pattern=r"^(https?://.*)?$")

    @field_validator("algorithms")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(canonical_algorithm(name) for name in value))
        if not names or not set(names) <= set(SUPPORTED_ALGORITHMS):
            raise ValueError(f"must be some of {', '.join(SUPPORTED_ALGORITHMS)}")
        return names


def subject_conflict(issuers: Sequence[TrustedIssuer]) -> str | None:
    """Return why two issuers could name different people by one user id, and the remedy.

    A `sub` is unique within its issuer alone (RFC 7519 section 4.1.2).
    """
    apart = [each for each in issuers if not each.shares_subjects]
    for one, other in combinations(apart, 2):
        if one.audience == other.audience and one.subject_prefix == other.subject_prefix:
            return (
                f"{one.issuer} and {other.issuer} may name different people by the same `sub`: "
                "give one of them a subject_prefix, or set shares_subjects if they are the same"
            )
    return None


def foreign_prefixes(issuer: TrustedIssuer, issuers: Iterable[TrustedIssuer]) -> tuple[str, ...]:
    """Return the prefixes of other issuers, with which no user id of this one may begin."""
    if issuer.shares_subjects:
        return ()
    others = (each for each in issuers if each.audience == issuer.audience)
    prefixes = {each.subject_prefix for each in others} - {"", issuer.subject_prefix}
    return tuple(sorted(prefixes))
