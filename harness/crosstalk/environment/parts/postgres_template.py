"""A database cluster from `initdb`, kept in the user's cache and copied for each run.

A second one holds the system's roles and tables besides, for as long as what makes them stays the
same. A template appears by a rename when it is whole, with a list of its files and their sizes,
which is compared before it is used; an incomplete one is made anew. A lock keeps runs from making
or removing it while another copies.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crosstalk.environment.parts.postgres_programs import Programs
from crosstalk.environment.runtime.accounts import hand_over, scratch_folder
from crosstalk.environment.runtime.cache import cache_folder
from crosstalk.environment.runtime.errors import NO_SPACE, EnvironmentFailed, storage_failure
from crosstalk.environment.runtime.file_lock import file_lock
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.process import ServiceProcess

ADMIN = "postgres"
_DATA, _PASSWORD, _LISTING = "data", "password", "listing.json"
_INITDB_SECONDS = 180.0
# A holder runs initdb at the longest, and copies what it made.
_LOCK_SECONDS = _INITDB_SECONDS + 60.0
_ANOTHER_CACHE = "set XDG_CACHE_HOME to another folder"
# Raise it when initdb's arguments change.
_EDITION = 1
# Filled templates, each for another state of the system's migrations.
_MOST_FILLED = 4


class Template:
    """The template of one PostgreSQL version.

    Args:
        programs: The programs of that version.
        log: File for initdb's output.
        cache: Folder to keep it in, the user's by default.
        contents: A digest of what makes roles and tables; without it the cluster is always bare.

    Attributes:
        reused: Whether the last copy is of a template that an earlier run made.
        filled: Whether that template has roles and tables in it.
    """

    def __init__(
        self, programs: Programs, log: Path, cache: Path | None = None, contents: str = ""
    ) -> None:
        self._programs = programs
        self._log = log
        self._cache = cache or cache_folder()
        self._name = f"postgresql-{programs.version}-{platform.machine()}-{_EDITION}"
        self._filled_name = f"{self._name}-filled-{contents}" if contents else ""
        self.reused = False
        self.filled = False

    def copy_to(self, data: Path, guard: Guard) -> str:
        """Make a cluster in `data`, which must not exist, owned by the server's account.

        Returns:
            The password of its administrator.

        Raises:
            EnvironmentFailed: There is no space, initdb does not run, or another run keeps the
                template's lock.
        """
        try:
            cache = self._writable_cache()
            if cache is None:
                return self._make(data, guard)
            with self._locked(cache):
                folder = cache / (self._filled_name or self._name)
                self.filled = bool(self._filled_name) and _whole(folder)
                if self.filled:
                    # The least recently used are removed first.
                    os.utime(folder)
                else:
                    folder = cache / self._name
                self.reused = self.filled or _whole(folder)
                if not self.reused:
                    self._make_bare(folder, guard)
                shutil.copytree(folder / _DATA, data, symlinks=True)
                password = (folder / _PASSWORD).read_text(encoding="ascii")
            data.chmod(0o700)
            hand_over(data, self._programs.account)
            return password
        except OSError as error:
            raise storage_failure(
                "PostgreSQL's data directory", data.parent, _cause(error), "set TMPDIR"
            ) from error

    def keep_filled(self, data: Path, password: str, guard: Guard) -> None:
        """Keep a cluster whose server has been stopped, with the roles and tables in it.

        Nothing is kept where there is no digest, no cache or no space; it would only be slower.

        Args:
            data: The cluster.
            password: Of its administrator.
            guard: Removes what is half made if the harness dies.
        """
        cache = self._writable_cache()
        if cache is None or not self._filled_name:
            return
        with contextlib.suppress(OSError, EnvironmentFailed), self._locked(cache):
            folder = cache / self._filled_name
            shutil.rmtree(folder, ignore_errors=True)
            _keep(data, password, folder, guard)
            for old in _latest_first(cache.glob(f"{self._name}-filled-*"))[_MOST_FILLED:]:
                shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        """Remove it, so that the next run makes it anew."""
        cache = self._writable_cache()
        if cache is not None:
            with self._locked(cache):
                for name in filter(None, (self._filled_name, self._name)):
                    shutil.rmtree(cache / name, ignore_errors=True)

    def _writable_cache(self) -> Path | None:
        cache = self._cache
        try:
            if cache is not None:
                cache.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Another user's template could trust any role.
                mine = cache.stat().st_uid == os.geteuid()
                return cache if mine and os.access(cache, os.W_OK) else None
        except OSError:
            pass
        return None

    def _make_bare(self, folder: Path, guard: Guard) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        scratch = scratch_folder(self._programs.account)
        guard.sweep(scratch)
        try:
            password = self._make(scratch / _DATA, guard)
            _keep(scratch / _DATA, password, folder, guard)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _make(self, data: Path, guard: Guard) -> str:
        password = secrets.token_urlsafe(18)
        folder = Path(tempfile.mkdtemp(prefix="initdb-", dir=data.parent))
        secret = folder / _PASSWORD
        try:
            secret.write_text(password, encoding="ascii")
            secret.chmod(0o600)
            hand_over(folder, self._programs.account)
            command = [
                self._programs.path("initdb"),
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                *self._locale(),
                f"--username={ADMIN}",
                f"--pwfile={secret}",
                "--no-sync",
                f"--pgdata={data}",
            ]
            ServiceProcess(
                name="initdb",
                command=command,
                environment=self._programs.environment,
                log=self._log,
                account=self._programs.account,
            ).run(guard, _INITDB_SECONDS)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return password

    def _locale(self) -> tuple[str, ...]:
        # The built-in provider sorts and folds case the same way on every system.
        if int(self._programs.version.split(".")[0]) >= 17:
            return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        return ("--locale=C.UTF-8",)

    @contextmanager
    def _locked(self, cache: Path) -> Iterator[None]:
        lock = cache / f"{self._name}.lock"
        what = "the template of PostgreSQL's data directory"
        with file_lock(lock, what, seconds=_LOCK_SECONDS, instead=_ANOTHER_CACHE):
            yield


def _keep(data: Path, password: str, folder: Path, guard: Guard) -> None:
    """Keep a template in `folder`, which must not exist and appears when it is whole."""
    making = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
    guard.sweep(making)
    try:
        shutil.copytree(data, making / _DATA, symlinks=True)
        (making / _PASSWORD).write_text(password, encoding="ascii")
        (making / _LISTING).write_text(json.dumps(_listing(making / _DATA)), encoding="utf-8")
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _latest_first(folders: Iterable[Path]) -> list[Path]:
    return sorted(folders, key=lambda each: each.stat().st_mtime, reverse=True)


def _whole(folder: Path) -> bool:
    try:
        listing = json.loads((folder / _LISTING).read_text(encoding="utf-8"))
        return bool(listing == _listing(folder / _DATA))
    except (OSError, ValueError):
        return False


def _listing(folder: Path) -> dict[str, int]:
    return {
        str(Path(place, name).relative_to(folder)): Path(place, name).lstat().st_size
        for place, _, files in os.walk(folder)
        for name in files
    }


def _cause(error: OSError) -> OSError:
    """Find the system's own error: copying a folder collects a list of texts."""
    if isinstance(error, shutil.Error):
        texts = str(error.args[0])
        for number in NO_SPACE:
            if f"[Errno {number}]" in texts:
                return OSError(number, os.strerror(number))
        return OSError(None, "copying the template failed")
    return error
