"""The MCP server's configuration: environment variables, read and checked once at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from system.identity import PublishedKeys, SigningKey, SigningKeySetting
from system.settings import URL_PATTERN, ServiceSettings


class Settings(ServiceSettings):
    """`MCP_URL` is the resource that tokens must name as their audience (RFC 8707).

    The database's own settings are separate: with `MCP_DATA_ACCESS=api` there is no database to
    know, and a server that knows no password cannot lose one.
    """

    mcp_host: str = "127.0.0.1"
    mcp_port: int = Field(default=8001, ge=0, le=65535)
    mcp_url: str = Field(default="http://localhost:8001/mcp", pattern=r"^https?://[^/]+/.+")
    mcp_stateful: bool = False
    mcp_allowed_hosts: list[str] = Field(default_factory=list)
    mcp_allowed_origins: list[str] = Field(default_factory=list)
    mcp_call_timeout_seconds: float = Field(default=12.0, gt=0)
    mcp_data_access: Literal["direct", "api", "hybrid"] = "direct"
    mcp_signing_key: SigningKeySetting | None = None
    mcp_published_keys: PublishedKeys = Field(default_factory=list)
    backend_url: str = Field(default="http://localhost:8000", pattern=URL_PATTERN)
    backend_audience: str = Field(default="crosstalk-backend", min_length=1)
    backend_timeout_seconds: float = Field(default=10.0, gt=0)
    backend_max_connections: int = Field(default=100, ge=1)

    @property
    def reaches_database(self) -> bool:
        """Whether this server logs in to PostgreSQL itself."""
        return self.mcp_data_access != "api"

    @property
    def calls_backend(self) -> bool:
        """Whether this server calls the backend's REST."""
        return self.mcp_data_access != "direct"

    @property
    def origin(self) -> str:
        """Scheme and host of `MCP_URL`: the issuer of this server's tokens for the backend."""
        parts = urlsplit(self.mcp_url)
        return f"{parts.scheme}://{parts.netloc}"

    def signing_key(self) -> SigningKey:
        """The key for those tokens; one of its own for each process in development."""
        if self.mcp_signing_key is None:
            return SigningKey.generate()
        return SigningKey.from_jwk_json(self.mcp_signing_key.get_secret_value())

    def public_urls(self) -> Mapping[str, str]:
        """Where clients reach this server, and where it reaches the backend."""
        backend = {"BACKEND_URL": self.backend_url} if self.calls_backend else {}
        return {"MCP_URL": self.mcp_url, **backend}

    def production_problems(self) -> Iterator[str]:
        """What keeps the MCP server from starting in production."""
        yield from super().production_problems()
        if self.calls_backend and self.mcp_signing_key is None:
            yield (
                "MCP_SIGNING_KEY must be set in production with MCP_DATA_ACCESS="
                f"{self.mcp_data_access}, the same on every replica"
            )

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
