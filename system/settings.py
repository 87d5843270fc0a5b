"""Settings that both services share: environment variables, read and checked once at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from system.identity import IdentitySettings
from system.production import Deployed, issuer_problems, url_problem

URL_PATTERN = r"^https?://[^/]+"


class ServiceSettings(Deployed, IdentitySettings):
    """The shared part of a service's settings; each service adds its own.

    Not every service has a database, so the store's settings are apart.
    """

    # Repeated because the classes beside `Deployed` have another configuration.
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    private_http_hosts: list[str] = Field(default_factory=list)
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    otel_exporter_otlp_endpoint: str | None = Field(default=None, pattern=URL_PATTERN)
    otel_service_name: str | None = None
    drain_seconds: int = Field(default=25, ge=1, le=600)
    http_max_connections: int = Field(default=2_000, ge=1)
    http_max_connections_per_client: int = Field(default=1_000, ge=1)
    http_max_header_bytes: int = Field(default=32_768, ge=1_024)
    http_max_unread_bytes: int = Field(default=33_554_432, ge=65_536)
    http_head_seconds: float = Field(default=10.0, gt=0)
    http_write_seconds: float = Field(default=30.0, gt=0)
    requests_per_user: int = Field(default=60, ge=1)
    rate_limit_per_minute: int = Field(default=600, ge=1)
    rate_limit_burst: int = Field(default=120, ge=1)

    @property
    def private_hosts(self) -> frozenset[str]:
        """Hosts that plain HTTP may be spoken with in production, in lower case."""
        return frozenset(each.lower() for each in self.private_http_hosts)

    def public_urls(self) -> Mapping[str, str]:
        """Return the settings, by name, whose value is a public address."""
        return {}

    def production_problems(self) -> Iterator[str]:
        """Yield the problems that keep the service from starting in production."""
        yield from super().production_problems()
        hosts = self.private_hosts
        for name, url in self.public_urls().items():
            if problem := url_problem(name, url, hosts):
                yield problem
        issuers = ((each.issuer, each.jwks_url) for each in self.trusted_issuers)
        yield from issuer_problems(issuers, hosts)
        for each in self.trusted_issuers:
            name = f"TRUSTED_ISSUERS: revocations_url of {each.issuer}"
            if each.revocations_url and (problem := url_problem(name, each.revocations_url, hosts)):
                yield problem
