"""What the process environment can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from crosstalk.environment.parts.pgbouncer import Pooler

# How the MCP server reaches data: itself, through the backend, or each for what it suits.
DataAccess: TypeAlias = Literal["direct", "api", "hybrid"]
SERVICES = ("postgresql", "pgbouncer", "issuer", "model", "mcp", "backend", "frontend")
# Where two of them tell their operator more.
METRICS = ("mcp_metrics", "backend_metrics")
_ONE = {"DATABASE_POOL_SIZE": "1", "DATABASE_MAX_OVERFLOW": "0"}
# For `extra_env`: what a cancelled request leaves on its connection, the next one meets.
ONE_CONNECTION: Mapping[str, Mapping[str, str]] = {"mcp": _ONE, "backend": _ONE}


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How to start.

    Attributes:
        run_folder: Where logs, keys and everything else of this run goes.
        system_root: Folder that contains the `system` package; None takes the installed one.
        adversarial_model: The offline model obeys directives it finds in any text.
        data_access: How the MCP server reaches data.
        pooler: What stands between the services and PostgreSQL.
        replicas: `mcp` and `backend` to how many processes of it stand behind a balancer; absent
            is one, without a balancer.
        model_piece_ms: Delay of the offline model between the pieces of a streamed answer.
        openai_api_key: With it the backend uses a real model instead of the offline one.
        openai_base_url: Any compatible server, instead of the offline model.
        openai_model: Name of the model.
        ports: Service name (one of `SERVICES`) to a fixed port; 0 or absent takes a free one.
        extra_env: Service name to environment variables that are added or replaced.
        frontend: Build and start the frontend too; needs Node.
        model_think_ms: How long the offline model takes before each reply.
        postgres_settings: Server settings of PostgreSQL that are added or replaced.
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
    ports: Mapping[str, int] = field(default_factory=dict)
    extra_env: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    postgres_settings: Mapping[str, str] = field(default_factory=dict)
    frontend: bool = False
    model_think_ms: int = 0

    @property
    def offline(self) -> bool:
        """Whether the offline model answers."""
        return not (self.openai_api_key or self.openai_base_url)
