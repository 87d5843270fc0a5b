"""The running reference system: as processes, as containers, or started elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosstalk.environment.parts.database import erase_users_data
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.masking import mask_settings, mask_text
from crosstalk.environment.runtime.process import ServiceProcess
from crosstalk.environment.runtime.service import Service
from crosstalk.tokens import BACKEND_AUDIENCE, LocalIssuer


@dataclass(slots=True)
class RunningSystem:
    """A running system, however it was started.

    Attributes:
        kind: `processes`, `containers`, or `attached` where it was not started here.
        backend_url: Base URL of the REST API.
        mcp_url: URL of the MCP endpoint, which is also its resource (RFC 8707).
        model_url: Base URL of the offline model, None with a real one.
        issuer: Mints tokens that the system trusts.
        exchanger: Holds the backend's own key, for forgeries that replay what the backend issues.
        caller: Holds the MCP server's own key, likewise.
        issuer_keys: File from which the issuer's keys are published.
        databases: `admin`, `owner`, `backend`, `mcp`, `auth` to `postgresql://` URLs.
        logs: Folder with a log a service.
        services: Its parts by name.
        system_root: Folder that contains the `system` package that runs; None where it was not
            started here.
        frontend_url: Origin of the frontend, None where it was not asked for.
        metrics_urls: `backend`, `mcp` to the URL of its figures.
    """

    kind: str
    backend_url: str
    mcp_url: str
    model_url: str | None
    issuer: LocalIssuer
    exchanger: LocalIssuer
    caller: LocalIssuer
    issuer_keys: Path
    databases: Mapping[str, str] = field(repr=False)
    logs: Path
    services: dict[str, Service] = field(repr=False)
    system_root: Path | None
    _guard: Guard | None = field(repr=False)
    frontend_url: str | None = None
    metrics_urls: Mapping[str, str] = field(default_factory=dict)

    def mint(
        self, subject: str, *, audience: str = "backend", ttl: int = 600, **claims: Any
    ) -> str:
        """Mint a token for `backend` or `mcp`, or for a literal audience; `ttl` in seconds."""
        named = {"backend": BACKEND_AUDIENCE, "mcp": self.mcp_url}
        return self.issuer.mint_for(
            subject, audience=named.get(audience, audience), ttl=ttl, **claims
        )

    def reset(self) -> None:
        """Delete all users' data.

        Raises:
            EnvironmentFailed: The database fails.
        """
        erase_users_data(self.databases["admin"])

    def stop(self, name: str) -> None:
        """Stop a service; the others stay.

        Raises:
            EnvironmentFailed: There is no such service.
        """
        service, guard = self._service(name)
        service.stop(guard)

    def start(self, name: str) -> None:
        """Start a stopped service again and wait until it is ready.

        Raises:
            EnvironmentFailed: There is no such service, or it does not start.
        """
        service, guard = self._service(name)
        service.start(guard)
        service.wait_until_ready()

    def restart(self, *names: str) -> None:
        """Stop services and start them again on the same ports, all of them at once.

        Args:
            names: Each before those that it calls: whether they are ready is asked in the other
                order, as the failure of a service explains more than the unreadiness of its
                callers.

        Raises:
            EnvironmentFailed: There is no such service, or it does not start.
        """
        chosen = [self._service(each) for each in names]
        for service, _ in chosen:
            if isinstance(service, ServiceProcess):
                service.ask_to_stop()
        for service, guard in chosen:
            service.stop(guard)
        for service, guard in chosen:
            service.start(guard)
        for service, _ in reversed(chosen):
            service.wait_until_ready()

    def prepare_restart(self, environments: Mapping[str, Mapping[str, str]]) -> None:
        """Let services start with other settings from what they have loaded, where it was kept.

        What was not kept, e.g. in a container, is loaded again then.

        Args:
            environments: Name of a service to the environment that it will have then, which
                differs in nothing that is read while it loads.

        Raises:
            EnvironmentFailed: There is no such service.
        """
        for name, environment in environments.items():
            service, _ = self._service(name)
            if isinstance(service, ServiceProcess):
                service.prepare(environment)

    def describe(self) -> dict[str, Any]:
        """Describe the effective configuration as plain data, secrets masked."""
        return {
            "kind": self.kind,
            "backend_url": self.backend_url,
            "mcp_url": self.mcp_url,
            "model_url": self.model_url,
            "frontend_url": self.frontend_url,
            "metrics_urls": dict(self.metrics_urls),
            "issuer": self.issuer.url,
            "system_root": str(self.system_root) if self.system_root else None,
            "logs": str(self.logs),
            "databases": mask_settings(self.databases),
            "services": {
                name: {
                    "pid": service.pid if service.alive() else None,
                    "port": service.port,
                    "log": str(service.log),
                    "command": [mask_text(part) for part in service.command],
                    "environment": mask_settings(service.environment),
                }
                for name, service in self.services.items()
            },
        }

    def _service(self, name: str) -> tuple[Service, Guard]:
        if self._guard is None:
            raise EnvironmentFailed(f"{name!r} was not started here: do it where the system runs")
        if name not in self.services:
            raise EnvironmentFailed(
                f"no service {name!r} runs here; there are: {', '.join(self.services)}"
            )
        return self.services[name], self._guard
