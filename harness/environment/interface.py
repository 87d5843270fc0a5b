"""What every environment gives to those who drive a system, however it was started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from harness.tokens import LocalIssuer


class Running(Protocol):
    """A system that runs.

    Attributes:
        backend_url: Base URL of the REST API.
        mcp_url: URL of the MCP endpoint, which is also its resource (RFC 8707).
        model_url: Base URL of the offline model, if there is one.
        issuer: Mints tokens that the system trusts.
        databases: `admin`, `owner`, `backend`, `mcp` to `postgresql://` URLs, where known.
        logs: Folder with the services' logs.
    """

    backend_url: str
    mcp_url: str
    model_url: str | None
    issuer: LocalIssuer
    databases: Mapping[str, str]
    logs: Path

    def mint(
        self, subject: str, *, audience: str = "backend", ttl: int = 600, **claims: Any
    ) -> str:
        """A token for `backend` or `mcp`, or for a literal audience."""
        ...

    def reset(self) -> None:
        """Delete all users' data."""
        ...


class Environment(Protocol):
    """Starts a system and ends it: a context manager that gives what runs."""

    def __enter__(self) -> Running: ...

    def __exit__(self, *failure: object) -> None: ...
