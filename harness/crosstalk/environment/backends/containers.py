"""The container environment: every part in a container, driven exactly as processes are.

PostgreSQL is the official image; the others are built from this project, once for each state of it.
Logs, keys and the description of the run are in the run's folder. The containers share a network of
their own and publish their ports on loopback; they, the network and the database's volume are
removed when the run ends, however it ends.
"""

from __future__ import annotations

import contextlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath

from crosstalk.environment.backends.container import LABEL, ContainerScope, ContainerService
from crosstalk.environment.backends.container_wiring import INSIDE, ContainerWiring
from crosstalk.environment.backends.lifetime import StartedEnvironment
from crosstalk.environment.backends.options import METRICS, SERVICES, ProcessOptions
from crosstalk.environment.backends.processes import ENDING, READY, chosen_root, require_known
from crosstalk.environment.backends.running import RunningSystem
from crosstalk.environment.parts.database import execute
from crosstalk.environment.parts.images import POSTGRES, Images
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.engine import engine_client, engine_errors, require_engine
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard, remove_labelled
from crosstalk.environment.runtime.probes import answers
from crosstalk.environment.runtime.service import Service

_MIGRATION_SECONDS = 180.0
_DATA = PurePosixPath("/var/lib/postgresql/data")
_SOCKET = PurePosixPath("/var/run/postgresql")
# Verification needs no durability.
_POSTGRES = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "256MB",
}


class ContainerEnvironment(StartedEnvironment):
    """Starts the reference system as containers.

    Args:
        options: What to start, and where its files go.
    """

    kind = "containers"

    def __init__(self, options: ProcessOptions) -> None:
        super().__init__(options)
        self._services: dict[str, ContainerService] = {}
        run = secrets.token_hex(5)
        self._scope = ContainerScope(run, f"crosstalk-{run}")

    def __enter__(self) -> RunningSystem:
        """Start everything, and describe it in the run's folder.

        Raises:
            EnvironmentFailed: There is no engine, or a part did not start; nothing is left running.
        """
        if self._options.pooler != "none":
            raise EnvironmentFailed(
                "PgBouncer is started as a process only: leave --pooler out, or use "
                "--environment processes"
            )
        require_engine()
        return super().__enter__()

    def _start(self) -> RunningSystem:
        options = self._options
        logs = options.run_folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        wiring = ContainerWiring(options, chosen_root(options), self._take_ports())
        wiring.issuer.save(wiring.keys_file)
        guard = self._guard = Guard()
        guard.remove(self._scope.label)
        names = [*self._parts(), *(["frontend"] if options.frontend else [])]
        images = Images(wiring.root, package_root("crosstalk").parent, logs / "images.log")
        # A first build takes minutes: nothing runs meanwhile.
        tags = {name: images.tag(name, guard) for name in (*names, "migrations")}
        self._make_network()
        postgres = self._services["postgresql"] = self._postgres(wiring, logs)
        # Services need no database to start: they load while it is initialized.
        first = [postgres, *(self._service(name, tags[name], wiring) for name in self._parts())]
        with ThreadPoolExecutor(len(first)) as pool:
            for begun in [pool.submit(service.start, guard) for service in first]:
                begun.result()
        postgres.wait_until_ready()
        migrations = ContainerService(
            "migrations",
            tags["migrations"],
            wiring.bootstrap(),
            logs / "migrate.log",
            self._scope,
        )
        migrations.run(guard, _MIGRATION_SECONDS)
        if options.frontend:
            self._service("frontend", tags["frontend"], wiring).start(guard)
        for name in reversed(ENDING):
            if name in self._services:
                self._services[name].wait_until_ready()
        services: dict[str, Service] = {**self._services}
        return self._running(wiring, guard, wiring.admin_url, services, ("backend", "mcp"))

    def _parts(self) -> list[str]:
        """List the parts but PostgreSQL and the frontend, the slowest to load first."""
        return ["backend", "mcp", "issuer", *(["model"] if self._options.offline else [])]

    def _service(self, name: str, image: str, wiring: ContainerWiring) -> ContainerService:
        port = wiring.ports[name]
        mounts = {str(wiring.published): ("/keys", "ro")} if name == "issuer" else {}
        service = self._services[name] = ContainerService(
            name=name,
            image=image,
            environment=wiring.environment(name),
            log=self._options.run_folder / "logs" / f"{name}.log",
            scope=self._scope,
            command=wiring.command(name),
            published=wiring.published_ports(name),
            probe=partial(answers, port, READY[name]),
            mounts=mounts,
            scratch=("/app/.next/cache",) if name == "frontend" else (),
        )
        return service

    def _postgres(self, wiring: ContainerWiring, logs: Path) -> ContainerService:
        settings = {**_POSTGRES, **self._options.postgres_settings}
        # The socket's folder, too, must belong to the image's user.
        volumes = {f"{self._scope.network}-{each.name}": str(each) for each in (_DATA, _SOCKET)}
        with engine_errors("the database's volumes cannot be made"), engine_client() as client:
            for volume in volumes:
                client.volumes.create(volume, labels={LABEL: self._scope.run})
        return ContainerService(
            name="postgresql",
            image=POSTGRES,
            environment={"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": wiring.admin_password},
            log=logs / "postgresql.log",
            scope=self._scope,
            command=["postgres", *(f"--{key}={value}" for key, value in settings.items())],
            published={INSIDE["postgresql"]: wiring.ports["postgresql"]},
            probe=partial(_answers_queries, wiring.admin_url),
            mounts={volume: (folder, "rw") for volume, folder in volumes.items()},
            user="postgres",
        )

    def _make_network(self) -> None:
        with engine_errors("the containers' network cannot be made"), engine_client() as client:
            client.networks.create(self._scope.network, labels={LABEL: self._scope.run})

    def _take_ports(self) -> dict[str, int]:
        require_known(self._options.ports, SERVICES)
        require_known(self._options.extra_env, tuple(READY))
        return {
            name: self._ports.take(self._options.ports.get(name, 0), setting=f"--{name}-port")
            for name in (*SERVICES, *METRICS)
            if name not in ("pgbouncer", *(() if self._options.frontend else ("frontend",)))
        }

    def _end_services(self, guard: Guard) -> None:
        # A failure while ending one part must not leave another running.
        with contextlib.ExitStack() as ending:
            ending.callback(guard.close)
            ending.callback(self._remove_all, guard)
            for name in ("postgresql", *reversed(ENDING)):
                if name in self._services:
                    ending.callback(self._services[name].stop, guard)
        self._services = {}

    def _remove_all(self, guard: Guard) -> None:
        remove_labelled(self._scope.label, wait=False)
        guard.removed(self._scope.label)


def _answers_queries(url: str) -> bool:
    """Return whether PostgreSQL answers queries: while it initializes, its port is closed."""
    try:
        execute(url, "SELECT 1")
    except EnvironmentFailed:
        return False
    return True
