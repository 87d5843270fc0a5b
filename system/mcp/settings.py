"""The MCP server's configuration: environment variables, read and checked once at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, model_validator

from system.identity import PublishedKeys, SigningKey, SigningKeySetting
from system.settings import URL_PATTERN, ServiceSettings
from system.wire.host_guard import host_entry, origin_entry

Host = Annotated[str, AfterValidator(host_entry)]
Origin = Annotated[str, AfterValidator(origin_entry)]
# Where platforms say under which name the world reaches a service.
_PLATFORM_NAMES = AliasChoices(
    "RENDER_EXTERNAL_HOSTNAME",
    "RAILWAY_PUBLIC_DOMAIN",
    "KOYEB_PUBLIC_DOMAIN",
    "WEBSITE_HOSTNAME",
    "HEROKU_APP_DEFAULT_DOMAIN_NAME",
)


class McpSettings(ServiceSettings):
    """`MCP_URL` is the resource that tokens must name as their audience (RFC 8707).

    The database's own settings are separate: with `MCP_DATA_ACCESS=api` there is no database to
    know, and a server that knows no password cannot leak one.
    """

    mcp_host: str = "127.0.0.1"
    mcp_port: int = Field(default=8001, ge=0, le=65535)
    mcp_url: str = Field(default="http://localhost:8001/mcp", pattern=r"^https?://[^/]+/.+")
    mcp_stateful: bool = False
    mcp_session_idle_seconds: float = Field(default=1_800.0, gt=0)
    mcp_max_sessions: int = Field(default=10_000, ge=1)
    mcp_max_sessions_per_user: int = Field(default=20, ge=1)
    mcp_allowed_hosts: list[Host] = Field(default_factory=list)
    mcp_allowed_origins: list[Origin] = Field(default_factory=list)
    mcp_authorization_servers: list[str] = Field(default_factory=list)
    platform_host: Host | None = Field(default=None, validation_alias=_PLATFORM_NAMES)
    fly_app_name: Host | None = None
    mcp_call_timeout_seconds: float = Field(default=12.0, gt=0)
    mcp_data_access: Literal["direct", "api", "hybrid"] = "direct"
    mcp_signing_key: SigningKeySetting | None = None
    mcp_published_keys: PublishedKeys = Field(default_factory=list)
    backend_url: str = Field(default="http://localhost:8000", pattern=URL_PATTERN)
    backend_audience: str = Field(default="crosstalk-backend", min_length=1)
    backend_timeout_seconds: float = Field(default=10.0, gt=0)
    backend_max_connections: int = Field(default=100, ge=1)
    backend_repeats: int = Field(default=2, ge=0, le=5)

    @model_validator(mode="after")
    def _send_clients_to_trusted_issuers(self) -> McpSettings:
        trusted = {each.issuer for each in self.trusted_issuers}
        if strangers := set(self.mcp_authorization_servers) - trusted:
            raise ValueError(
                f"MCP_AUTHORIZATION_SERVERS names {sorted(strangers)[0]}, which TRUSTED_ISSUERS "
                "does not: its tokens would be refused"
            )
        return self

    @property
    def reaches_database(self) -> bool:
        """True if this server logs in to PostgreSQL itself."""
        return self.mcp_data_access != "api"

    @property
    def calls_backend(self) -> bool:
        """True if this server calls the backend's REST."""
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
        """Return the public address of this server, and the backend's if it is called."""
        backend = {"BACKEND_URL": self.backend_url} if self.calls_backend else {}
        return {"MCP_URL": self.mcp_url, **backend}

    def production_problems(self) -> Iterator[str]:
        """Yield the problems that keep the MCP server from starting in production."""
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
    def authorization_servers(self) -> list[str]:
        """Issuers that a client can get tokens from; every trusted one where none is named."""
        trusted = [each.issuer for each in self.trusted_issuers]
        return self.mcp_authorization_servers or trusted

    @property
    def hosts(self) -> list[str]:
        """Host headers that are answered; everything else is DNS rebinding."""
        local = ["127.0.0.1:*", "localhost:*", "[::1]:*"]
        return [
            *self._own_hosts,
            *self.mcp_allowed_hosts,
            *self._external_hosts,
            *(local if self.environment == "development" else []),
        ]

    @property
    def origins(self) -> list[str]:
        """Origin headers that are answered; requests without one do not come from a browser."""
        local = ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"]
        return [
            self.origin,
            *self.mcp_allowed_origins,
            *(f"https://{each}" for each in self._external_hosts),
            *(local if self.environment == "development" else []),
        ]

    @property
    def _own_hosts(self) -> list[str]:
        """Host as clients write it, without the port that the scheme implies (RFC 9110, 4.2.3)."""
        parts = urlsplit(self.mcp_url)
        implied = {"http": 80, "https": 443}[parts.scheme]
        bare = [parts.netloc.rpartition(":")[0]] if parts.port == implied else []
        return [parts.netloc, *bare]

    @property
    def _external_hosts(self) -> list[str]:
        named = [self.platform_host] if self.platform_host else []
        return [*named, *([f"{self.fly_app_name}.fly.dev"] if self.fly_app_name else [])]
