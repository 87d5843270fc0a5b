"""Lifetime of an environment's parts: that of its `with` block, however the block ends.

They also end when the harness gets SIGINT, SIGTERM or SIGHUP, and when it is killed: a guard
process watches it. Each environment decides what is started, and in which order it ends.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from crosstalk.environment.backends.options import ProcessOptions
from crosstalk.environment.backends.running import RunningSystem
from crosstalk.environment.backends.wiring import Wiring
from crosstalk.environment.runtime.errors import EnvironmentFailed, storage_failure
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.service import Service
from crosstalk.environment.runtime.signals import Unwinding


class StartedEnvironment(ABC):
    """Starts the reference system; everything ends with the `with` block.

    Any number of environments can run on one machine.

    Args:
        options: The parts to start, and the folder for their files.
    """

    kind: ClassVar[str]

    def __init__(self, options: ProcessOptions) -> None:
        self._options = options
        self._unwinding = Unwinding()
        self._ports = Ports()
        self._guard: Guard | None = None

    def __enter__(self) -> RunningSystem:
        """Start everything, and describe it in the run's folder.

        Raises:
            EnvironmentFailed: A part did not start; nothing is left running.
        """
        if self._guard is not None:
            raise EnvironmentFailed("this environment is running already: make another one")
        try:
            self._unwinding.install()
            running = self._start()
            described = json.dumps(running.describe(), indent=2) + "\n"
            place = self._options.run_folder / "environment.json"
            place.write_text(described, encoding="utf-8")
        except OSError as error:
            self._end()
            raise storage_failure(
                "the run", self._options.run_folder, error, "choose another run folder"
            ) from error
        except BaseException:
            self._end()
            raise
        return running

    def __exit__(self, *failure: object) -> None:
        """End everything."""
        self._end()

    @abstractmethod
    def _start(self) -> RunningSystem:
        """Start everything and wait until it is ready; set the guard before the first start."""

    @abstractmethod
    def _end_services(self, guard: Guard) -> None:
        """End whatever was started, and close the guard."""

    def _running(
        self,
        wiring: Wiring,
        guard: Guard,
        admin_url: str,
        services: dict[str, Service],
        measured: Iterable[str],
    ) -> RunningSystem:
        """Describe the running system; `measured` are the services with a metrics address."""
        options = self._options
        return RunningSystem(
            kind=self.kind,
            backend_url=wiring.url("backend"),
            mcp_url=wiring.mcp_url,
            model_url=wiring.url("model") if options.offline else None,
            issuer=wiring.issuer,
            exchanger=wiring.exchanger,
            caller=wiring.caller,
            issuer_keys=wiring.keys_file,
            databases=wiring.databases(admin_url),
            logs=options.run_folder / "logs",
            services=services,
            system_root=wiring.root,
            _guard=guard,
            frontend_url=wiring.url("frontend") if options.frontend else None,
            metrics_urls={name: f"{wiring.url(f'{name}_metrics')}/metrics" for name in measured},
        )

    def _end(self) -> None:
        guard, self._guard = self._guard, None

        def end() -> None:
            if guard is not None:
                self._end_services(guard)
            self._ports.release()

        self._unwinding.finish(end)
