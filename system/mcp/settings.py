"""The MCP server's configuration: environment variables, read and checked once at start."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field

from system.settings import ServiceSettings


class Settings(ServiceSettings):
    """`MCP_URL` is the resource that tokens must name as their audience (RFC 8707)."""

    mcp_host: str = "127.0.0.1"
    mcp_port: int = Field(default=8001, ge=0, le=65535)
    mcp_url: str = Field(default="http://localhost:8001/mcp", pattern=r"^https?://[^/]+/.+")
    mcp_stateful: bool = False
    mcp_allowed_hosts: list[str] = Field(default_factory=list)
    mcp_allowed_origins: list[str] = Field(default_factory=list)
    mcp_call_timeout_seconds: float = Field(default=12.0, gt=0)

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
