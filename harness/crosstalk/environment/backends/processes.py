"""The process environment: every service a real process on loopback, nothing installed by hand.

PostgreSQL comes from a wheel; issuer and offline model are the harness's own; MCP server and
backend are started as usual, by `python -m system.mcp` and `python -m system.backend`, from a given
folder, so that a patched copy runs the same way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from crosstalk.environment.backends.lifetime import StartedEnvironment
from crosstalk.environment.backends.options import METRICS, SERVICES, ProcessOptions
from crosstalk.environment.backends.replicas import REPLICATED, service_of, slots
from crosstalk.environment.backends.running import RunningSystem
from crosstalk.environment.backends.wiring import DATABASE, Wiring, forget_bytecode
from crosstalk.environment.parts.database import execute
from crosstalk.environment.parts.frontend import FrontendService
from crosstalk.environment.parts.haproxy import HaProxy
from crosstalk.environment.parts.pgbouncer import PgBouncer
from crosstalk.environment.parts.postgres import EmbeddedPostgres
from crosstalk.environment.parts.schema_digest import digest
from crosstalk.environment.parts.sources import locate_system, require_system_packages
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.probes import answers
from crosstalk.environment.runtime.process import ServiceProcess
from crosstalk.environment.runtime.service import Service

_MIGRATION_SECONDS = 120.0
# Those that take long to load.
_KEPT = ("backend", "mcp")
# Path at which each reports that it is ready.
READY = {
    "issuer": "/health",
    "model": "/health",
    "mcp": "/ready",
    "backend": "/ready",
    "frontend": "/api/health",
}
# Each before those that it calls; PostgreSQL after them all.
ENDING = ("frontend", "backend", "mcp", "model", "issuer")


class ProcessEnvironment(StartedEnvironment):
    """Starts the reference system as processes.

    Args:
        options: The parts to start, and the folder for their files.

    Raises:
        HarnessError: Packages of the system are not installed.
    """

    kind = "processes"

    def __init__(self, options: ProcessOptions) -> None:
        require_system_packages()
        super().__init__(options)
        self._services: dict[str, ServiceProcess] = {}
        self._postgres: EmbeddedPostgres | None = None
        self._pooler: PgBouncer | None = None
        self._balancer: HaProxy | None = None

    def _start(self) -> RunningSystem:
        logs = self._options.run_folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        wiring = Wiring(self._options, chosen_root(self._options), self._take_ports())
        wiring.issuer.save(wiring.keys_file)
        # A missing program is reported before anything is started.
        self._pooler = self._make_pooler(wiring, logs)
        self._balancer = self._make_balancer(wiring, logs)
        guard = self._guard = Guard()
        # A first build takes minutes: nothing runs meanwhile.
        frontend = (
            FrontendService(wiring.root, logs, tell=self._options.tell).command(guard)
            if self._options.frontend
            else None
        )
        commands = list(wiring.commands().items())
        # The slowest to load gets a core of its own, and needs no database to load.
        for name, command in commands[:1]:
            self._launch(name, command, wiring, guard)
        if self._balancer is not None:
            self._balancer.start(guard)
        self._postgres = EmbeddedPostgres(
            logs / "postgresql.log",
            wiring.ports["postgresql"],
            self._options.postgres_settings,
            contents=digest(wiring.root),
        )
        self._postgres.start(guard)
        self._fill(self._postgres, wiring, guard)
        admin_url = self._postgres.url
        # The others share the other core, one after another: together they would only slow it down.
        for name, command in commands[1:]:
            for service in self._launch(name, command, wiring, guard):
                service.wait_until_loaded()
        if self._pooler is not None:
            self._pooler.start(guard)
        if frontend is not None:
            # It makes its tables as it starts, in the schema that the migrations gave it.
            self._launch("frontend", frontend, wiring, guard)
        # The failure of a service explains more than the unreadiness of those that call it.
        free = {names[-1] for names in slots(self._options.replicas).values()}
        for service in reversed(self._in_order()):
            if service.name not in free:
                service.wait_until_ready()
        measured = [name for name in REPLICATED if name not in self._options.replicas]
        services = {**self._storage(), **self._services}
        return self._running(wiring, guard, admin_url, services, measured)

    def _fill(self, postgres: EmbeddedPostgres, wiring: Wiring, guard: Guard) -> None:
        """Make roles and tables, or give existing roles this run's passwords."""
        if postgres.filled:
            execute(postgres.url, wiring.password_statements())
            return
        command, environment = wiring.migration(postgres.url)
        log = self._options.run_folder / "logs" / "migrate.log"
        ServiceProcess("migrations", command, environment, log).run(guard, _MIGRATION_SECONDS)
        if self._options.system_root is None:
            # A patched copy is used once.
            postgres.keep(guard)

    def _launch(
        self, name: str, command: list[str], wiring: Wiring, guard: Guard
    ) -> list[ServiceProcess]:
        """Start a service, or its replicas; their free slot stays free."""
        places = slots(self._options.replicas).get(name, [name])
        for place in places:
            self._services[place] = self._service(place, command, wiring)
        started = [self._services[place] for place in places[:-1] or places]
        for service in started:
            service.start(guard)
        return started

    def _service(self, name: str, command: list[str], wiring: Wiring) -> ServiceProcess:
        port = wiring.ports[name]
        return ServiceProcess(
            name=name,
            command=command,
            environment=wiring.environment(name),
            log=self._options.run_folder / "logs" / f"{name}.log",
            port=port,
            probe=partial(answers, port, READY[service_of(name)]),
            keeps_loaded=self._options.keep_loaded and service_of(name) in _KEPT,
        )

    def _in_order(self) -> list[ServiceProcess]:
        """Sort the services, each before those that it calls."""
        order = {name: place for place, name in enumerate(ENDING)}
        named = sorted(self._services.items(), key=lambda each: order[service_of(each[0])])
        return [service for _, service in named]

    def _make_balancer(self, wiring: Wiring, logs: Path) -> HaProxy | None:
        places = slots(self._options.replicas)
        if not places:
            return None
        ports = wiring.ports
        fronts = {service: ports[service] for service in places}
        own = {service: {name: ports[name] for name in names} for service, names in places.items()}
        return HaProxy(logs / "haproxy.log", fronts, own)

    def _make_pooler(self, wiring: Wiring, logs: Path) -> PgBouncer | None:
        if self._options.pooler == "none":
            return None
        words = {f"crosstalk_{role}": wiring.passwords[role] for role in ("backend", "mcp")}
        ports = wiring.ports
        return PgBouncer(
            logs / "pgbouncer.log", ports["pgbouncer"], ports["postgresql"], DATABASE, words
        )

    def _storage(self) -> dict[str, Service]:
        there = {
            "postgresql": self._postgres,
            "pgbouncer": self._pooler,
            "haproxy": self._balancer,
        }
        return {name: each.service for name, each in there.items() if each is not None}

    def _left_out(self) -> set[str]:
        return {
            *(() if self._options.frontend else ("frontend",)),
            *(() if self._options.pooler != "none" else ("pgbouncer",)),
        }

    def _take_ports(self) -> dict[str, int]:
        require_known(self._options.ports, SERVICES)
        require_known(self._options.extra_env, tuple(READY))
        require_known(self._options.replicas, REPLICATED)
        require_known(self._options.links, SERVICES)
        places = [each for names in slots(self._options.replicas).values() for each in names]
        return {
            name: self._ports.take(self._options.ports.get(name, 0), setting=f"--{name}-port")
            for name in (*SERVICES, *METRICS, *places)
            if name not in self._left_out()
        }

    def _end_services(self, guard: Guard) -> None:
        # A failure while ending one part must not leave another running.
        with contextlib.ExitStack() as ending:
            ending.callback(guard.close)
            for storage in (self._postgres, self._pooler, self._balancer):
                if storage is not None:
                    ending.callback(storage.stop, guard)
            # How a fork ended is told by what it was forked from, which therefore ends after it.
            for service in self._in_order():
                ending.callback(service.forget_loaded)
            for service in reversed(self._in_order()):
                ending.callback(service.stop, guard)
        self._services = {}
        self._postgres = self._pooler = self._balancer = None
        if self._options.system_root is not None:
            forget_bytecode(self._options.system_root)


def chosen_root(options: ProcessOptions) -> Path:
    """Return the folder that contains the `system` package.

    Raises:
        EnvironmentFailed: The named folder does not contain it.
        HarnessError: No folder was named, and the system's sources are missing.
    """
    root = options.system_root
    if root is None:
        return locate_system()
    if not (root / "system" / "__init__.py").is_file():
        raise EnvironmentFailed(
            f"{root} does not contain the package `system`: name the folder that does"
        )
    return root.resolve()


def require_known(named: Iterable[str], known: tuple[str, ...]) -> None:
    """Check that only existing services were named.

    Raises:
        EnvironmentFailed: Another was.
    """
    for name in named:
        if name not in known:
            raise EnvironmentFailed(
                f"there is no service {name!r} to configure; there are: {', '.join(known)}"
            )
