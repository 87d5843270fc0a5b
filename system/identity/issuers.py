"""Whom the services trust to say who somebody is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

SUPPORTED_ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")
DEFAULT_ALGORITHMS = ("EdDSA", "ES256", "RS256")


class TrustedIssuer(BaseModel):
    """One issuer: its name, its keys, the audience it must name and the algorithms it may use.

    The allow-list belongs to the issuer (RFC 8725 section 3.1): what a token's header says can
    only agree with it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    jwks_url: str = Field(pattern=r"^https?://")
    audience: str = Field(min_length=1)
    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS

    @field_validator("algorithms")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(SUPPORTED_ALGORITHMS))
        if unknown or not value:
            raise ValueError(f"must be some of {', '.join(SUPPORTED_ALGORITHMS)}")
        return value
