"""Embedded PostgreSQL: a real server on a loopback port, its data discarded at the end.

Durability is off: verification does not need it.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from crosstalk.environment.parts.database import execute
from crosstalk.environment.parts.postgres_programs import Programs, find_programs
from crosstalk.environment.parts.postgres_template import ADMIN, Template
from crosstalk.environment.runtime.accounts import scratch_folder
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.probes import listens
from crosstalk.environment.runtime.process import ServiceProcess

_LEAST_SPACE_BYTES = 160 * 1024 * 1024
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "logging_collector": "off",
    "log_statement": "none",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "256MB",
    "autovacuum_naptime": "10min",
}


class EmbeddedPostgres:
    """A server with a database cluster of its own.

    Args:
        log: File for the server's output.
        port: Port to listen on.
        settings: Server settings that are added or replaced.
        template: The template of its cluster, the user's cached one by default.
        contents: A digest of what makes the system's roles and tables, to find a cluster that has
            them already.

    Attributes:
        service: The server's process.
        url: `postgresql://` URL of the administrator, with its password; known after the start.

    Raises:
        EnvironmentFailed: The programs are not there or do not run.
    """

    def __init__(
        self,
        log: Path,
        port: int,
        settings: Mapping[str, str] | None = None,
        template: Template | None = None,
        contents: str = "",
    ) -> None:
        self._programs: Programs = find_programs()
        self._template = template or Template(self._programs, log, contents=contents)
        self._home: Path | None = None
        self._password = ""
        self._port = port
        self._settings = {**_SETTINGS, **(settings or {})}
        self.url = ""
        self.service = ServiceProcess(
            name="postgresql",
            command=[],
            environment=self._programs.environment,
            log=log,
            port=port,
            probe=self._ready,
            account=self._programs.account,
            # PostgreSQL's fast shutdown: it does not wait for clients.
            stop_signal=signal.SIGINT,
        )

    def start(self, guard: Guard) -> None:
        """Make the data directory, start the server and give it a password of its own.

        Raises:
            EnvironmentFailed: There is no space, or the server does not start.
        """
        self._password = self._prepare(guard)
        try:
            self._launch(guard)
        except EnvironmentFailed:
            if not self._template.reused:
                raise
            # The template may have been damaged since it was made: retry with a new one.
            self.stop(guard)
            self._template.discard()
            self._password = self._prepare(guard)
            self._launch(guard)

    @property
    def filled(self) -> bool:
        """True where the system's roles and tables came with the cluster."""
        return self._template.filled

    def keep(self, guard: Guard) -> None:
        """Keep the cluster as it is for later runs; the server is started again.

        Raises:
            EnvironmentFailed: It does not start again.
        """
        if self._home is not None:
            self.service.stop(guard)
            self._template.keep_filled(self._home / "data", self._password, guard)
            self._launch(guard)

    def stop(self, guard: Guard) -> None:
        """End the server and delete its data. May be repeated."""
        self.service.stop(guard)
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def _prepare(self, guard: Guard) -> str:
        self._home = home = scratch_folder(self._programs.account)
        guard.sweep(home)
        free = shutil.disk_usage(home).free
        if free < _LEAST_SPACE_BYTES:
            raise EnvironmentFailed(
                f"only {free // 2**20} MB are free in {home.parent}, and PostgreSQL needs "
                f"{_LEAST_SPACE_BYTES // 2**20} MB: free some space there, or set TMPDIR"
            )
        self.service.command = self._command(home / "data")
        return self._template.copy_to(home / "data", guard)

    def _launch(self, guard: Guard) -> None:
        self.service.start(guard)
        self.service.wait_until_ready()
        own = secrets.token_urlsafe(18)
        # A run's database must not open with another run's password.
        execute(self._admin_url(self._password), f"ALTER ROLE {ADMIN} PASSWORD '{own}'")
        self._password = own
        self.url = self._admin_url(own)

    def _command(self, data: Path) -> list[str]:
        settings = [part for pair in self._settings.items() for part in ("-c", "=".join(pair))]
        return [self._programs.path("postgres"), "-D", str(data), "-p", str(self._port), *settings]

    def _admin_url(self, password: str) -> str:
        return f"postgresql://{ADMIN}:{password}@127.0.0.1:{self._port}/postgres"

    def _ready(self) -> bool:
        if not listens(self._port):
            return False
        done = subprocess.run(
            [self._programs.path("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)],
            env=self._programs.environment,
            check=False,
        )
        return done.returncode == 0
