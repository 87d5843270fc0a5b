"""Fixture of the benchmarks: the running system, and other services on its database, started once.

Each starts when it is first needed and ends with the `with` block.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from crosstalk.environment.backends.wiring import clean_environment
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.probes import answers
from crosstalk.environment.runtime.process import ServiceProcess

# Time that the offline models take for a reply, in milliseconds.
THINK_MS = 200
# A machine that is slow at the moment must not meet time-outs.
_LONG_TIMEOUTS = {
    "AGENT_TIMEOUT_SECONDS": "600",
    "DATABASE_POOL_TIMEOUT": "600",
    "DATABASE_STATEMENT_TIMEOUT": "60",
    "MCP_TIMEOUT_SECONDS": "300",
    "MCP_CALL_TIMEOUT_SECONDS": "240",
}


class Fixture:
    """Services that benchmarks share.

    Args:
        folder: The run's folder, for logs.
        rounds: Counted rounds of each figure.
        seconds: Length of one measurement.
        backend: Environment variables that the backend is given as well.
    """

    def __init__(
        self,
        folder: Path,
        *,
        rounds: int,
        seconds: float,
        backend: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.rounds = rounds
        self.seconds = seconds
        self._backend = backend or {}
        self._running: RunningSystem | None = None
        self._guard: Guard | None = None
        self._services: dict[str, ServiceProcess] = {}
        self._ending = contextlib.ExitStack()

    def __enter__(self) -> Fixture:
        """Enter; services start when they are needed."""
        return self

    def __exit__(self, *failure: object) -> None:
        """End all services."""
        self._ending.close()
        self._running, self._guard, self._services = None, None, {}

    def system(self) -> RunningSystem:
        """Start the system with a helpful offline model, or return the running one.

        Raises:
            EnvironmentFailed: It does not start.
        """
        if self._running is None:
            options = ProcessOptions(
                run_folder=self.folder / "system",
                adversarial_model=False,
                model_think_ms=THINK_MS,
                extra_env={"backend": {**_LONG_TIMEOUTS, **self._backend}, "mcp": _LONG_TIMEOUTS},
                # Enough for the services of all benchmarks.
                postgres_settings={"max_connections": "300"},
            )
            options.run_folder.mkdir(exist_ok=True)
            self._running = self._ending.enter_context(ProcessEnvironment(options))
        return self._running

    def service(
        self,
        name: str,
        module: str,
        environment: Callable[[str], Mapping[str, str]],
        *arguments: str,
    ) -> tuple[str, int]:
        """Start another service, `python -m MODULE --port N`, once for each name.

        Args:
            name: Of the service, in logs.
            module: Its module.
            environment: Returns its environment variables from its base URL.
            arguments: Of its command line, beside the port.

        Returns:
            Its base URL and its process id.

        Raises:
            EnvironmentFailed: It does not start.
        """
        if name not in self._services:
            if self._guard is None:
                self._guard = self._ending.enter_context(contextlib.closing(Guard()))
            port = self._ending.enter_context(Ports()).take()
            url = f"http://127.0.0.1:{port}"
            service = ServiceProcess(
                name=name,
                command=[sys.executable, "-P", "-m", module, "--port", str(port), *arguments],
                environment={**clean_environment(package_root("benchmarks")), **environment(url)},
                log=self.folder / f"{name}.log",
                port=port,
                probe=partial(answers, port, "/health"),
            )
            service.start(self._guard)
            self._ending.callback(service.stop, self._guard)
            service.wait_until_ready()
            self._services[name] = service
        service = self._services[name]
        return f"http://127.0.0.1:{service.port}", service.pid
