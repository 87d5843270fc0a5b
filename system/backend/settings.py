"""The backend's configuration: environment variables, read and checked once at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from system.identity import PublishedKeys, SigningKey, SigningKeySetting
from system.production import url_problem
from system.settings import URL_PATTERN, ServiceSettings
from system.store import StoreSettings


class BackendSettings(ServiceSettings, StoreSettings):
    """`BACKEND_URL` is the issuer of the tokens that the backend presents to MCP."""

    backend_host: str = "127.0.0.1"
    backend_port: int = Field(default=8000, ge=0, le=65535)
    backend_url: str = Field(default="http://localhost:8000", pattern=URL_PATTERN)
    backend_signing_key: SigningKeySetting | None = None
    backend_published_keys: PublishedKeys = Field(default_factory=list)
    mcp_url: str = Field(default="http://localhost:8001/mcp", pattern=URL_PATTERN)
    mcp_resource_url: str | None = Field(default=None, pattern=URL_PATTERN)
    mcp_timeout_seconds: float = Field(default=15.0, gt=0)
    mcp_max_connections: int = Field(default=100, ge=1)
    mcp_repeats: int = Field(default=2, ge=0, le=5)
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = Field(default=None, pattern=URL_PATTERN)
    openai_model: str = "gpt-4.1-mini"
    openai_api: Literal["responses", "chat_completions"] = "responses"
    cors_origins: list[str] = Field(default_factory=list)
    agent_max_turns: int = Field(default=8, ge=1)
    agent_timeout_seconds: float = Field(default=60.0, gt=0)
    agent_history_messages: int = Field(default=40, ge=1)
    agent_max_running: int = Field(default=400, ge=1)
    agent_min_running: int = Field(default=16, ge=1)
    agent_wait_seconds: float = Field(default=30.0, gt=0)
    agent_max_output_tokens: int = Field(default=4_096, ge=16)
    agent_max_sent_bytes: int = Field(default=4_194_304, ge=1_024)
    agent_max_tokens: int = Field(default=500_000, ge=1)
    model_tokens_per_user_per_day: int = Field(default=5_000_000, ge=1)
    agent_max_tool_calls: int = Field(default=100, ge=1)
    tool_calls_per_user: int = Field(default=8, ge=1)
    tool_calls_per_user_per_second: float = Field(default=20.0, gt=0)
    tool_calls_per_user_burst: int = Field(default=16, ge=1)
    chats_per_user: int = Field(default=10, ge=1)
    chat_rate_limit_per_minute: int = Field(default=30, ge=1)
    chat_rate_limit_burst: int = Field(default=10, ge=1)

    @field_validator("backend_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("cors_origins")
    @classmethod
    def _named_origins(cls, value: list[str]) -> list[str]:
        if "*" in value:
            raise ValueError("must name origins; * would let any page use a signed-in browser")
        return value

    def public_urls(self) -> Mapping[str, str]:
        """Return the addresses of this service and the MCP server, and the allowed origins."""
        origins = {f"CORS_ORIGINS: {each}": each for each in self.cors_origins}
        resource = {"MCP_RESOURCE_URL": self.mcp_resource_url} if self.mcp_resource_url else {}
        return {
            "BACKEND_URL": self.backend_url,
            "MCP_URL": self.mcp_url,
            **resource,
            **origins,
        }

    def production_problems(self) -> Iterator[str]:
        """Yield the problems that keep the backend from starting in production."""
        yield from super().production_problems()
        if self.backend_signing_key is None:
            yield "BACKEND_SIGNING_KEY must be set in production, the same on every replica"
        if self.openai_api_key is None:
            yield "OPENAI_API_KEY must be set in production: the assistant needs it"
        url = self.openai_base_url
        hosts = self.private_hosts
        # A model's server on the same machine cannot be listened to on the network.
        if url and urlsplit(url).hostname not in hosts:
            problem = url_problem("OPENAI_BASE_URL", url, hosts)
            if problem:
                yield problem

    def signing_key(self) -> SigningKey:
        """The key for exchanged tokens; one of its own for each process in development."""
        if self.backend_signing_key is None:
            return SigningKey.generate()
        return SigningKey.from_jwk_json(self.backend_signing_key.get_secret_value())
