"""The MCP server's configuration: environment variables, read and checked once at start."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from system.identity import TrustedIssuer
from system.store import StoreSettings


class Settings(StoreSettings):
    """`MCP_URL` is the resource that tokens must name as their audience (RFC 8707)."""

    model_config = SettingsConfigDict(extra="ignore")

    environment: Literal["development", "production"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    mcp_host: str = "127.0.0.1"
    mcp_port: int = Field(default=8001, ge=0, le=65535)
    mcp_url: str = Field(default="http://localhost:8001/mcp", pattern=r"^https?://[^/]+/.+")
    mcp_stateful: bool = False
    mcp_allowed_hosts: list[str] = Field(default_factory=list)
    mcp_allowed_origins: list[str] = Field(default_factory=list)
    mcp_call_timeout_seconds: float = Field(default=12.0, gt=0)
    trusted_issuers: list[TrustedIssuer] = Field(min_length=1)

    @field_validator("trusted_issuers")
    @classmethod
    def _once(cls, value: list[TrustedIssuer]) -> list[TrustedIssuer]:
        if len({each.issuer for each in value}) != len(value):
            raise ValueError("names an issuer twice")
        return value

    @property
    def path(self) -> str:
        """The path of the endpoint, as in `MCP_URL`."""
        return urlsplit(self.mcp_url).path

    @property
    def hosts(self) -> list[str]:
        """Host headers that are answered; everything else is DNS rebinding."""
        local = ["127.0.0.1:*", "localhost:*", "[::1]:*"]
        own = urlsplit(self.mcp_url).netloc
        listed = self.mcp_allowed_hosts or [own]
        return [*listed, *(local if self.environment == "development" else [])]

    @property
    def origins(self) -> list[str]:
        """Origin headers that are answered; requests without one are no browser's."""
        local = ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"]
        return [*self.mcp_allowed_origins, *(local if self.environment == "development" else [])]
