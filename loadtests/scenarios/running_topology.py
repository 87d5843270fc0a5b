"""A topology as processes on an existing database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

from crosstalk.deadlock.topologies import Sizes
from crosstalk.environment.backends.wiring import clean_environment
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.probes import listens
from crosstalk.environment.runtime.process import ServiceProcess
from loadtests.observer.instrumentation import ObserverPlan
from loadtests.observer.server import VARIABLE

TO_MCP = "HTTP connection to MCP"
TO_BACKEND = "HTTP connection to the backend"


class RunningTopology:
    """A topology's processes; `start` does not wait, `wait_until_ready` does.

    Args:
        name: Name of the topology.
        database_url: Of a role with access to the tables.
        sizes: Number of units of each resource.
        timeouts: Seconds: `pool` for a connection, `call` for a call, `think` for the model.
        logs: Folder for output.
    """

    def __init__(
        self,
        name: str,
        database_url: str,
        sizes: Sizes,
        timeouts: Mapping[str, float],
        logs: Path,
    ) -> None:
        self.name = name
        self._ports = Ports()
        tiers = ("backend",) if name.startswith("mounted") else ("backend", "mcp")
        ports = {tier: self._ports.take() for tier in tiers}
        observers = {tier: self._ports.take() for tier in tiers}
        self.url = f"http://127.0.0.1:{ports['backend']}"
        mcp_url = f"http://127.0.0.1:{ports[tiers[-1]]}/mcp"
        self.observers = {tier: f"http://127.0.0.1:{port}" for tier, port in observers.items()}
        common = {
            **clean_environment(package_root("loadtests")),
            "DATABASE_URL": database_url,
            "DATABASE_POOL_SIZE": str(sizes.pool),
            "DATABASE_MAX_OVERFLOW": "0",
            "DATABASE_POOL_TIMEOUT": str(timeouts["pool"]),
            "CURSOR_SECRET": "topologies-have-no-secrets-to-keep",
            "MCP_URL": mcp_url,
            "BACKEND_URL": self.url,
            "WORKERS": str(sizes.workers),
            "THINK_SECONDS": str(timeouts["think"]),
            "CALL_TIMEOUT_SECONDS": str(timeouts["call"]),
        }
        calls = {mcp_url: TO_MCP, self.url: TO_BACKEND}
        self._services = {
            tier: ServiceProcess(
                name=f"{name} {tier}",
                command=_command(name, tier, ports[tier]),
                environment={
                    **common,
                    VARIABLE: _plan(tier, observers[tier], calls, logs / f"{name}-{tier}.stacks"),
                },
                log=logs / f"{name}-{tier}.log",
                port=ports[tier],
                probe=partial(listens, ports[tier]),
            )
            for tier in tiers
        }

    @property
    def pids(self) -> dict[str, int]:
        """Tier to its process id."""
        return {tier: service.pid for tier, service in self._services.items()}

    def start(self, guard: Guard) -> None:
        """Start its processes."""
        for service in self._services.values():
            service.start(guard)

    def wait_until_ready(self) -> None:
        """Wait until every process listens."""
        for service in self._services.values():
            service.wait_until_ready()

    def stop(self, guard: Guard) -> None:
        """Kill its processes: some of them are deadlocked on purpose."""
        for service in self._services.values():
            if service.alive():
                os.kill(service.pid, 9)
            service.stop(guard)
        self._ports.release()


def _plan(tier: str, port: int, calls: Mapping[str, str], dump: Path) -> str:
    names = {"backend": "backend", "mcp": "MCP"}
    plan = ObserverPlan(
        port=port,
        pool=f"{names[tier]} pool connection",
        dump=str(dump),
        loop=f"{names[tier]} event loop",
        calls=dict(calls),
    )
    return json.dumps(asdict(plan))


def _command(name: str, tier: str, port: int) -> list[str]:
    module = ["-P", "-m", "loadtests.topologies", name, tier]
    return [sys.executable, *module, "--port", str(port)]
