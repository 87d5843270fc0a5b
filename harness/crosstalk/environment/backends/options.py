"""Options of the environments that start the reference system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from crosstalk.environment.parts.pgbouncer import Pooler
from crosstalk.environment.parts.progress import silent

# The MCP server's way to the data: direct, through the backend, or reads direct and writes through.
DataAccess: TypeAlias = Literal["direct", "api", "hybrid"]
SERVICES = ("postgresql", "pgbouncer", "issuer", "model", "mcp", "backend", "frontend")
# Listeners of two services for their metrics.
METRICS = ("mcp_metrics", "backend_metrics")
_ONE = {"DATABASE_POOL_SIZE": "1", "DATABASE_MAX_OVERFLOW": "0"}
# For `extra_env`: with one connection, the next request meets whatever a cancelled one left on it.
ONE_CONNECTION: Mapping[str, Mapping[str, str]] = {"mcp": _ONE, "backend": _ONE}
# For `extra_env`, likewise: the tools of one user's chats are called as fast as the chats come.
NO_PACE: Mapping[str, str] = {"TOOL_CALLS_PER_USER_PER_SECOND": "1000000"}


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """Options of a start.

    Attributes:
        run_folder: Folder for logs, keys and everything else of this run.
        system_root: Folder that contains the `system` package; None takes that of
            the checkout, or the copy that the wheel brings.
        adversarial_model: The offline model is prompt-injected: it obeys directives in any text.
        data_access: The MCP server's way to the data.
        pooler: The pooler between the services and PostgreSQL.
        replicas: `mcp` and `backend` to the number of its processes behind a balancer; absent
            means one, without a balancer.
        model_piece_ms: Delay of the offline model between the pieces of a streamed answer.
        openai_api_key: With it the backend uses a real model instead of the offline one.
        openai_base_url: Any compatible server, instead of the offline model.
        openai_model: Name of the model.
        openai_api: The API that it speaks: `responses`, which is the default, or
            `chat_completions`.
        hand_on_settings: Hand on the services' settings that this process's environment has, but
            for those that the start decides: addresses, keys, the database.
        ports: Service name (one of `SERVICES`) to a fixed port; 0 or absent takes a free one.
        extra_env: Service name to environment variables that are added or replaced.
        links: Service name to the port at which the other services reach it, where a proxy of the
            caller's stands before it; that proxy listens before the start.
        frontend: Build and start the frontend too; needs Node.
        model_think_ms: Delay of the offline model before each reply.
        tell: Called with a line about what takes long, such as a first build of the frontend.
        postgres_settings: Server settings of PostgreSQL that are added or replaced.
        keep_loaded: Keep what backend and MCP server loaded, so that they start again in little
            time with other limits.
    """

    run_folder: Path
    system_root: Path | None = None
    adversarial_model: bool = True
    data_access: DataAccess = "direct"
    pooler: Pooler = "none"
    replicas: Mapping[str, int] = field(default_factory=dict)
    model_piece_ms: int = 0
    openai_api_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = None
    openai_model: str | None = None
    openai_api: str | None = None
    hand_on_settings: bool = False
    ports: Mapping[str, int] = field(default_factory=dict)
    extra_env: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    links: Mapping[str, int] = field(default_factory=dict)
    postgres_settings: Mapping[str, str] = field(default_factory=dict)
    frontend: bool = False
    model_think_ms: int = 0
    keep_loaded: bool = False
    tell: Callable[[str], None] = field(default=silent, repr=False, compare=False)

    @property
    def offline(self) -> bool:
        """True where the offline model is used."""
        return not (self.openai_api_key or self.openai_base_url)
