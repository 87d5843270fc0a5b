"""Control of replicas that can be killed and started: local processes, or compose's containers."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from crosstalk.environment import EnvironmentFailed, RunningSystem
from crosstalk.environment.runtime.engine import engine_client, engine_errors, require_engine
from crosstalk.environment.runtime.probes import answers

if TYPE_CHECKING:
    from docker.models.containers import Container

T = TypeVar("T")
# Part of the log line that a service writes for each request.
_REQUEST = '"message": "request"'
_PROJECT, _SERVICE = "com.docker.compose.project", "com.docker.compose.service"
# Services of compose.yaml's profile `replicas`.
COMPOSED: Mapping[str, Sequence[str]] = {
    "backend": ("backend", "backend-2"),
    "mcp": ("mcp-server", "mcp-server-2", "mcp-server-3"),
}


class Replicas(Protocol):
    """Replicas behind a balancer.

    Attributes:
        slots: Service name to the names of the slots in which a replica of it can run.
    """

    @property
    def slots(self) -> Mapping[str, Sequence[str]]: ...

    def is_ready(self, name: str) -> bool:
        """Return whether a replica runs in this slot and is ready."""

    def is_free(self, name: str) -> bool:
        """Return whether this slot is empty."""

    def kill(self, name: str) -> None:
        """End the replica with SIGKILL."""

    def start(self, name: str) -> None:
        """Start a replica in this slot.

        Raises:
            HarnessError: It does not start.
        """

    def served(self) -> dict[str, int]:
        """Return the number of requests in each slot's log."""


@dataclass(frozen=True, slots=True)
class ProcessReplicas:
    """Replicas that the process environment runs, one slot of each service being free."""

    running: RunningSystem
    slots: Mapping[str, Sequence[str]]

    def is_ready(self, name: str) -> bool:
        """Return whether a replica runs in this slot and is ready."""
        service = self.running.services[name]
        return service.alive() and answers(service.port, "/ready")

    def is_free(self, name: str) -> bool:
        """Return whether this slot is empty."""
        return not self.running.services[name].alive()

    def kill(self, name: str) -> None:
        """End the replica with SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running.services[name].pid, signal.SIGKILL)
        self.running.stop(name)

    def start(self, name: str) -> None:
        """Start a replica in this slot.

        Raises:
            EnvironmentFailed: It does not start.
        """
        self.running.start(name)

    def served(self) -> dict[str, int]:
        """Return the number of requests in each slot's log."""
        counts = {}
        for name in (each for names in self.slots.values() for each in names):
            path = self.running.logs / f"{name}.log"
            text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
            counts[name] = text.count(_REQUEST)
        return counts


@dataclass(frozen=True, slots=True)
class ComposeReplicas:
    """Replicas that `docker compose` runs on this machine; each has a slot of its own.

    Attributes:
        project: Compose's project name.
        slots: Service name to the names of compose's services.
    """

    project: str
    slots: Mapping[str, Sequence[str]] = field(default_factory=lambda: COMPOSED)

    def require(self) -> None:
        """Check that every replica exists.

        Raises:
            EnvironmentFailed: There is no engine, or a replica is missing.
        """
        require_engine()
        for name in (each for names in self.slots.values() for each in names):
            self._with(name, lambda container: None)

    def is_ready(self, name: str) -> bool:
        """Return whether the container runs and its health check has passed."""
        return self._with(name, lambda container: bool(container.health == "healthy"))

    def is_free(self, name: str) -> bool:
        """Return whether this slot is empty."""
        return self._with(name, lambda container: bool(container.status != "running"))

    def kill(self, name: str) -> None:
        """End the replica with SIGKILL."""
        self._with(name, lambda container: container.kill("SIGKILL"))

    def start(self, name: str) -> None:
        """Start the container again.

        Raises:
            EnvironmentFailed: The engine refuses.
        """
        self._with(name, lambda container: container.start())

    def served(self) -> dict[str, int]:
        """Return the number of requests in each container's log."""
        names = [each for names in self.slots.values() for each in names]
        return {name: self._with(name, _requests_of) for name in names}

    def _with(self, name: str, action: Callable[[Container], T]) -> T:
        labels = [f"{_PROJECT}={self.project}", f"{_SERVICE}={name}"]
        with engine_errors(f"the container of {name}"), engine_client() as client:
            found = client.containers.list(all=True, filters={"label": labels})
            if not found:
                raise EnvironmentFailed(
                    f"compose's project {self.project!r} has no container of {name}: start its "
                    "profile `replicas` (docs/deploy/replicas.md), or name the project"
                )
            return action(found[0])


def _requests_of(container: Container) -> int:
    return bytes(container.logs()).count(_REQUEST.encode())
