"""A service as a container, with the interface of a process.

Each start makes a new container, so that changed settings take effect; data that has to outlive it
is on a volume. It runs without privileges, on a read-only file system, and is reached on loopback
alone. Containers have their run's label, by which the guard removes them when the harness dies; so
testcontainers' own reaper, which needs the engine's socket, is not used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosstalk.environment.runtime.engine import engine_errors
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.probes import wait_for
from crosstalk.environment.runtime.process import last_words

LABEL = "crosstalk.run"
START_SECONDS = 90.0
_STOP_SECONDS = 12
_LOG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ContainerScope:
    """The run that containers belong to, and their network.

    Attributes:
        run: Name of the run, unique on this engine.
        network: Name of its network.
    """

    run: str
    network: str

    @property
    def label(self) -> str:
        """Label of everything that belongs to the run, as `name=value`."""
        return f"{LABEL}={self.run}"


@dataclass(slots=True)
class ContainerService:
    """A container on a network, and its ports on loopback; see `runtime.service`.

    Attributes:
        name: Its name in logs and messages, and its host name on the network.
        image: Tag of its image.
        environment: Its environment variables; a change takes effect at its next start.
        log: File that receives its output.
        scope: The run and network that it belongs to.
        command: Its command; empty for its image's own.
        published: Its ports to those on loopback; the first is its service's.
        probe: Returns whether it is ready; awaited after a start.
        mounts: Folder here, or name of a volume, to its mount point and `ro` or `rw`.
        scratch: Folders in memory that it may write to, besides /tmp.
        user: User that it runs as, where its image names none.
    """

    name: str
    image: str
    environment: Mapping[str, str]
    log: Path
    scope: ContainerScope
    command: Sequence[str] = ()
    published: Mapping[int, int] = field(default_factory=dict)
    probe: Callable[[], bool] = field(default=lambda: True, repr=False)
    mounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    scratch: tuple[str, ...] = ()
    user: str | None = None
    _container: Any = field(default=None, repr=False)
    _listener: threading.Thread | None = field(default=None, repr=False)
    _log_start: int = field(default=0, repr=False)

    @property
    def port(self) -> int:
        """Loopback port at which it is reached, 0 for none."""
        return next(iter(self.published.values()), 0)

    @property
    def pid(self) -> int:
        """Process id of what runs in it, as the engine's machine sees it.

        Raises:
            EnvironmentFailed: It is not running.
        """
        if not self.alive():
            raise EnvironmentFailed(f"{self.name} is not running")
        return int(self._container.attrs["State"]["Pid"])

    def alive(self) -> bool:
        """Return whether it runs."""
        if self._container is None:
            return False
        with engine_errors(f"the engine does not say how {self.name} is"):
            self._container.reload()
        return str(self._container.status) == "running"

    def start(self, guard: Guard) -> None:
        """Make a container and start it; the guard knows the run's label already.

        Raises:
            EnvironmentFailed: It runs already, or the engine does not start it.
        """
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        if self.alive():
            raise EnvironmentFailed(f"{self.name} is running already")
        testcontainers_config.ryuk_disabled = True
        container = DockerContainer(self.image)
        container.with_name(f"crosstalk-{self.scope.run}-{self.name}")
        container.with_envs(**self.environment)
        for inside, outside in self.published.items():
            # The engine's client takes an address as well.
            container.ports[str(inside)] = ("127.0.0.1", outside)  # type: ignore[assignment]
        for source, (target, mode) in self.mounts.items():
            container.with_volume_mapping(source, target, mode)
        for folder in ("/tmp", *self.scratch):  # noqa: S108
            # Otherwise it keeps the mode of the image's folder, and root owns it.
            container.with_tmpfs_mount(folder, "mode=1777")
        if self.command:
            container.with_command(list(self.command))
        container.with_kwargs(
            network=self.scope.network,
            networking_config=_known_as(self.scope.network, self.name),
            labels={LABEL: self.scope.run},
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            init=True,
            # The harness probes by itself; the engine's health checks cost a tenth of a core.
            healthcheck={"test": ["NONE"]},
            **({"user": self.user} if self.user else {}),
        )
        with engine_errors(f"{self.name} cannot be started as a container"):
            container.start()
            self._container = container.get_wrapped_container()
        self.log.touch()
        self._log_start = self.log.stat().st_size
        self._listener = threading.Thread(
            target=_listen, args=(self._container, self.log), name=f"{self.name}'s log", daemon=True
        )
        self._listener.start()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until its probe succeeds.

        Raises:
            EnvironmentFailed: It ended, or was not ready in time; the message has its last words.
        """
        wait_for(self, self.probe, seconds)

    def run(self, guard: Guard, seconds: float) -> None:
        """Run it to its end, for a program that has one.

        Raises:
            EnvironmentFailed: It failed, or did not end in time; the message has its last words.
        """
        self.start(guard)
        try:
            with engine_errors(f"{self.name} did not end in {seconds:.0f} s"):
                status = self._container.wait(timeout=seconds)["StatusCode"]
        finally:
            self.stop(guard)
        if status != 0:
            raise EnvironmentFailed(f"{self.name} failed: {self.last_words()}")

    def stop(self, guard: Guard) -> None:
        """End it and remove it; killed when it takes too long. May be repeated."""
        from docker.errors import NotFound

        if self._container is None:
            return
        with suppress(NotFound), engine_errors(f"{self.name} cannot be ended"):
            self._container.stop(timeout=_STOP_SECONDS)
            self._hear_out()
            self._container.remove(force=True, v=True)
        self._container = None

    def last_words(self) -> str:
        """Return the telling line at the end of its log since its start, and the log's path."""
        if not self.alive():
            # Its last output may still be on its way.
            self._hear_out()
        return last_words(self.log, self._log_start)

    def _hear_out(self) -> None:
        if self._listener is not None:
            self._listener.join(_LOG_SECONDS)
            self._listener = None


def _known_as(network: str, name: str) -> dict[str, Any]:
    from docker import version
    from docker.types import EndpointConfig

    return {network: EndpointConfig(version.__version__, aliases=[name])}


def _listen(container: Any, log: Path) -> None:
    from docker.errors import DockerException
    from requests import RequestException

    # The engine may go away with the container; the output until then is kept.
    with log.open("ab") as file, suppress(DockerException, RequestException, OSError):
        pieces: Iterable[bytes] = container.logs(stream=True, follow=True)
        for piece in pieces:
            file.write(piece)
            file.flush()
