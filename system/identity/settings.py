"""Settings of trusted issuers and their keys, which both services share."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from system.identity.issuers import TrustedIssuer, subject_conflict
from system.identity.verifier import TokenVerifier


class IdentitySettings(BaseSettings):
    """Read from the environment once, at start.

    `JWKS_MAX_AGE_SECONDS` is also how long a withdrawn key still counts, so it bounds how long a
    stolen one does; `JWKS_REFRESH_SECONDS` is the longest that a token of a new key waits;
    `REVOCATIONS_REFRESH_SECONDS` is how long a token may outlive its session.
    """

    model_config = SettingsConfigDict(extra="ignore")

    trusted_issuers: list[TrustedIssuer] = Field(min_length=1)
    jwks_max_age_seconds: float = Field(default=600.0, gt=0, le=86_400)
    jwks_refresh_seconds: float = Field(default=1.0, ge=0.1, le=60)
    revocations_refresh_seconds: float = Field(default=5.0, ge=0.1, le=300)
    token_leeway_seconds: float = Field(default=10.0, ge=0, le=300)

    @field_validator("trusted_issuers")
    @classmethod
    def _once(cls, value: list[TrustedIssuer]) -> list[TrustedIssuer]:
        if len({each.issuer for each in value}) != len(value):
            raise ValueError("names an issuer twice")
        if conflict := subject_conflict(value):
            raise ValueError(conflict)
        return value

    def verifier(self) -> TokenVerifier:
        """A verifier of these issuers' tokens; close it when the service ends."""
        return TokenVerifier(
            self.trusted_issuers,
            leeway=self.token_leeway_seconds,
            jwks_max_age=self.jwks_max_age_seconds,
            revocations_refresh_interval=self.revocations_refresh_seconds,
            jwks_min_refresh_interval=self.jwks_refresh_seconds,
        )
