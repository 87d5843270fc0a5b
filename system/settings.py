"""What both services are told alike: environment variables, read and checked once at start."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from system.identity import IdentitySettings

URL_PATTERN = r"^https?://[^/]+"


class ServiceSettings(IdentitySettings):
    """The shared part of a service's settings; each service adds its own.

    Not every service has a database, so the store's settings are apart.
    """

    # An empty variable is one that was not set: that is how compose files pass them on.
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "production"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    drain_seconds: int = Field(default=25, ge=1, le=600)
    rate_limit_per_minute: int = Field(default=600, ge=1)
    rate_limit_burst: int = Field(default=120, ge=1)
