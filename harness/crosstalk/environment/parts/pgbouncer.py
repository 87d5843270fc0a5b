"""PgBouncer in transaction mode, between the services and PostgreSQL.

It stands for the poolers of managed databases. Its pool is smaller than the services' own pools, so
that their connections really share those of the server, and it passes no start-up setting on
that it does not know: what a service wrongly keeps on a connection shows. Migrations go past it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from crosstalk.environment.parts.configured_program import ConfiguredProgram
from crosstalk.environment.runtime.accounts import unprivileged_account
from crosstalk.environment.runtime.executables import find_program
from crosstalk.environment.runtime.probes import listens

Pooler: TypeAlias = Literal["none", "pgbouncer"]
# Connections for each role; fewer than a service keeps.
SERVER_CONNECTIONS = 4
_CLIENT_CONNECTIONS = 1000


class PgBouncer(ConfiguredProgram):
    """The pooler of one environment; its folder ends with it.

    Args:
        log: File for its output.
        port: Port to listen on.
        postgres_port: Port of the server.
        database: The only database that it serves.
        passwords: Role to password, for the roles that may connect.

    Raises:
        EnvironmentFailed: PgBouncer is not installed.
    """

    def __init__(
        self, log: Path, port: int, postgres_port: int, database: str, passwords: Mapping[str, str]
    ) -> None:
        self._program = find_pgbouncer()
        self._target = f"{database} = host=127.0.0.1 port={postgres_port} dbname={database}"
        self._passwords = dict(passwords)
        # It refuses to run as root, as PostgreSQL does.
        super().__init__("pgbouncer", log, port, lambda: listens(port), unprivileged_account())

    def _configured(self, home: Path) -> list[str]:
        users, settings = home / "users.txt", home / "pgbouncer.ini"
        lines = (f'"{role}" "{word}"\n' for role, word in self._passwords.items())
        users.write_text("".join(lines), encoding="utf-8")
        users.chmod(0o600)
        settings.write_text(self._configuration(users), encoding="utf-8")
        return [self._program, str(settings)]

    def _configuration(self, users: Path) -> str:
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.service.port,
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": users,
            "pool_mode": "transaction",
            "default_pool_size": SERVER_CONNECTIONS,
            "max_client_conn": _CLIENT_CONNECTIONS,
        }
        told = "".join(f"{name} = {value}\n" for name, value in settings.items())
        return f"[databases]\n{self._target}\n\n[pgbouncer]\n{told}"


def find_pgbouncer() -> str:
    """Find the program.

    Raises:
        EnvironmentFailed: It is not installed.
    """
    return find_program(
        "pgbouncer",
        "PgBouncer is not installed: install it (on Debian: apt-get install pgbouncer), "
        "or leave out --pooler",
    )
