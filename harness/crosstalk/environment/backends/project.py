"""A `docker compose` project with a name, ports, secrets and data of its own.

It is built, started until everything is ready, logged, and taken down with its volumes. The guard
knows the project's label, so that nothing is left when the harness dies.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from crosstalk.environment.backends.attached import read_settings
from crosstalk.environment.runtime.engine import engine_client, engine_errors
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.process import ServiceProcess
from crosstalk.environment.runtime.signals import Unwinding

PORTS = ("FRONTEND_PORT", "BACKEND_PORT", "MCP_PORT", "POSTGRES_PORT", "LOCUST_PORT")
_BUILD_SECONDS = 1_800.0
_UP_SECONDS = 420
_DOWN_SECONDS = 180.0
# A service's log has the same name as with processes.
_LOGS = {"mcp-server": "mcp"}


def isolated_settings(root: Path, ports: Ports) -> dict[str, str]:
    """Return the settings of a project under verification, beside its secrets.

    Args:
        root: Folder of `compose.yaml`: images of one clone never become another's.
        ports: Provides free ports.
    """
    # A campaign calls faster than any person: limits have tests of their own.
    unlimited = dict.fromkeys(
        (
            "RATE_LIMIT_PER_MINUTE",
            "RATE_LIMIT_BURST",
            "CHAT_RATE_LIMIT_PER_MINUTE",
            "CHAT_RATE_LIMIT_BURST",
        ),
        "1000000",
    )
    return {
        **{name: str(ports.take()) for name in PORTS},
        **unlimited,
        "AUTH_SIGN_IN_ATTEMPTS": "1000",
        "MODEL_ADVERSARIAL": "yes",
        # Slow enough to watch a reply, and to stop it, while it is streamed.
        "MODEL_PIECE_MS": "40",
        "CROSSTALK_TAG": f"clone-{zlib.crc32(str(root).encode()):08x}",
    }


class ComposeProject:
    """A compose project; leaving the `with` block takes it down.

    Args:
        root: Folder of `compose.yaml`.
        env_file: The file that `crosstalk env` wrote for it.
        profiles: Profiles that are started beside the default services.
        logs: Folder for its logs.

    Attributes:
        name: The project's name.
        build_seconds: Duration of the build of its images, if they were built.
        ready_seconds: Duration from `up` until everything was healthy.
    """

    def __init__(self, root: Path, env_file: Path, profiles: Sequence[str], logs: Path) -> None:
        self.name = f"crosstalk-{secrets.token_hex(5)}"
        self.build_seconds = 0.0
        self.ready_seconds = 0.0
        self._root = root
        self._env_file = env_file
        self._profiles = profiles
        self._logs = logs
        self._guard: Guard | None = None
        self._unwinding = Unwinding()
        self._listeners: list[ServiceProcess] = []

    @property
    def label(self) -> str:
        """Label that compose gives everything of the project."""
        return f"com.docker.compose.project={self.name}"

    def __enter__(self) -> ComposeProject:
        """Begin to guard it; nothing is started yet."""
        if not (self._root / "compose.yaml").is_file():
            raise EnvironmentFailed(
                f"there is no compose.yaml in {self._root}: run it in a clone of the project"
            )
        self._logs.mkdir(parents=True, exist_ok=True)
        self._unwinding.install()
        self._guard = Guard()
        self._guard.remove(self.label)
        return self

    def __exit__(self, *failure: object) -> None:
        """Take it down, volumes too."""
        self._unwinding.finish(self._end)

    def build(self) -> None:
        """Build its images, where they have changed.

        Raises:
            EnvironmentFailed: An image cannot be built.
        """
        began = time.monotonic()
        self._compose(self._watch(), "build", seconds=_BUILD_SECONDS)
        self.build_seconds = round(time.monotonic() - began, 1)

    def up(self) -> None:
        """Start it and wait until all of it is healthy.

        Raises:
            EnvironmentFailed: A service is not.
        """
        guard, began = self._watch(), time.monotonic()
        limit = ("--wait-timeout", str(_UP_SECONDS))
        try:
            self._compose(guard, "up", "--detach", "--wait", *limit, seconds=_UP_SECONDS + 60.0)
        finally:
            self._listen(guard)
        self.ready_seconds = round(time.monotonic() - began, 1)

    def images(self) -> dict[str, dict[str, object]]:
        """Size in megabytes, and user, of each image that runs, by service."""
        found = {}
        with engine_errors("the engine does not say what runs"), engine_client() as client:
            for each in client.containers.list(all=True, filters={"label": self.label}):
                megabytes = round(int(each.image.attrs["Size"]) / 1e6)
                user = each.attrs["Config"]["User"] or "root"
                service = each.labels["com.docker.compose.service"]
                found[service] = {"megabytes": megabytes, "user": user}
        return dict(sorted(found.items()))

    def left(self) -> list[str]:
        """List what the engine still has of it: nothing, once it was taken down."""
        with engine_errors("the engine does not say what is left"), engine_client() as client:
            marked = {"label": self.label}
            return [
                *(str(each.name) for each in client.containers.list(all=True, filters=marked)),
                *(str(each.name) for each in client.networks.list(filters=marked)),
                *(str(each.name) for each in client.volumes.list(filters=marked)),
            ]

    def _end(self) -> None:
        guard, self._guard = self._guard, None
        if guard is None:
            return
        try:
            self._compose(guard, "down", "--volumes", "--remove-orphans", seconds=_DOWN_SECONDS)
            for listener in self._listeners:
                listener.stop(guard)
            guard.removed(self.label)
        finally:
            # The guard removes now what is left.
            guard.close()

    def _listen(self, guard: Guard) -> None:
        program = shutil.which("docker") or "docker"
        for container, name in self._containers():
            # Not compose's own `logs`, which puts terminal codes between the lines.
            listener = ServiceProcess(
                f"the log of {name}",
                [program, "logs", "--follow", container],
                self._environment(),
                self._logs / f"{name}.log",
            )
            listener.start(guard)
            self._listeners.append(listener)

    def _containers(self) -> list[tuple[str, str]]:
        """List containers with their logs' names: the service, numbered from the second on."""
        with engine_errors("the engine does not say what runs"), engine_client() as client:
            found = client.containers.list(all=True, filters={"label": self.label})
            named = []
            for each in found:
                service = each.labels["com.docker.compose.service"]
                number = each.labels.get("com.docker.compose.container-number", "1")
                name = _LOGS.get(service, service)
                named.append((str(each.name), name if number == "1" else f"{name}-{number}"))
            return sorted(named)

    def _watch(self) -> Guard:
        if self._guard is None:
            raise EnvironmentFailed("the project is used outside of its `with` block")
        return self._guard

    def _compose(self, guard: Guard, verb: str, *arguments: str, seconds: float) -> None:
        command = self._command(verb, *arguments)
        log = self._logs / "compose.log"
        ServiceProcess(f"`docker compose {verb}`", command, self._environment(), log).run(
            guard, seconds
        )

    def _command(self, *arguments: str) -> list[str]:
        where = ["--project-name", self.name, "--project-directory", str(self._root)]
        which = [part for each in self._profiles for part in ("--profile", each)]
        program = shutil.which("docker") or "docker"
        file = ["--env-file", str(self._env_file)]
        return [program, "compose", "--ansi", "never", *where, *file, *which, *arguments]

    def _environment(self) -> Mapping[str, str]:
        # The caller's variables would take precedence over the file's.
        set_by_file = read_settings(self._env_file)
        return {
            name: value
            for name, value in os.environ.items()
            if name not in set_by_file and not name.startswith("COMPOSE_")
        }
