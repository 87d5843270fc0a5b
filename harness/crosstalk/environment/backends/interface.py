"""What every environment gives to those who drive a system, however it was started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from crosstalk.environment.runtime.service import Service
from crosstalk.tokens import LocalIssuer


class Running(Protocol):
    """A system that runs, as processes, in containers, or somewhere else."""

    @property
    def backend_url(self) -> str | None:
        """Base URL of the REST API."""

    @property
    def mcp_url(self) -> str | None:
        """URL of the MCP endpoint, which is also its resource (RFC 8707)."""

    @property
    def model_url(self) -> str | None:
        """Base URL of the offline model, if there is one."""

    @property
    def issuer(self) -> LocalIssuer | None:
        """Mints tokens that the system trusts, where its keys are known."""

    @property
    def databases(self) -> Mapping[str, str]:
        """`admin`, `owner`, `backend`, `mcp` to `postgresql://` URLs, where known."""

    @property
    def logs(self) -> Path | None:
        """Folder with the services' logs, where they are here."""

    @property
    def services(self) -> Mapping[str, Service]:
        """The services that were started here, by name."""

    def mint(
        self, subject: str, *, audience: str = "backend", ttl: int = 600, **claims: Any
    ) -> str:
        """A token for `backend` or `mcp`, or for a literal audience; `ttl` in seconds.

        Raises:
            EnvironmentFailed: There is neither a key to mint it with nor such a token.
        """

    def reset(self) -> None:
        """Delete all users' data.

        Raises:
            EnvironmentFailed: The database is not known, or does not do it.
        """

    def stop(self, name: str) -> None:
        """End one service; the others stay.

        Raises:
            EnvironmentFailed: There is none of that name here.
        """

    def start(self, name: str) -> None:
        """Start a stopped service again and wait until it is ready.

        Raises:
            EnvironmentFailed: There is none of that name here, or it does not start.
        """

    def restart(self, name: str) -> None:
        """End a service and start it again on the same port.

        Raises:
            EnvironmentFailed: There is none of that name here, or it does not start.
        """

    def describe(self) -> dict[str, Any]:
        """The effective configuration as plain data, secrets masked."""


class Environment(Protocol):
    """Starts a system and ends it: a context manager that gives what runs."""

    def __enter__(self) -> Running:
        """Start.

        Raises:
            EnvironmentFailed: A part did not start, or is not there; nothing is left running.
        """

    def __exit__(self, *failure: object) -> None:
        """End everything that was started."""
