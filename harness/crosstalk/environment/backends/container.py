"""A service as a container: the same questions and the same verbs as for a process.

Each start makes a new container, so that changed settings count; what has to outlive it lies on a
volume. It runs as nobody in particular, on a file system that it cannot write to, and is reached on
loopback alone. Containers bear their run's label, by which the guard removes them when the harness
dies; so testcontainers' own reaper, which wants the engine's socket, is not needed.
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
class Place:
    """Where the containers of a run live.

    Attributes:
        run: Names the run among all on this engine.
        network: Name of its network.
    """

    run: str
    network: str

    @property
    def label(self) -> str:
        """What everything of the run bears, as `name=value`."""
        return f"{LABEL}={self.run}"


@dataclass(slots=True)
class ContainerService:
    """A container on a network, and its ports on loopback; see `runtime.service`.

    Attributes:
        name: How logs, messages and the other containers call it.
        image: Tag of its image.
        environment: What it is told; a change counts from its next start on.
        log: File that receives its output.
        place: Where it lives.
        command: What it runs; empty for its image's own.
        published: Its ports to those on loopback; the first is what it is there for.
        probe: Whether it is ready now; awaited after a start.
        mounts: Folder here, or name of a volume, to where it is mounted and `ro` or `rw`.
        scratch: Folders in memory that it may write to, besides /tmp.
        user: Who it runs as, where its image does not say so.
    """

    name: str
    image: str
    environment: Mapping[str, str]
    log: Path
    place: Place
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
        """Where on loopback it is reached, 0 for nowhere."""
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
        """Whether it runs now."""
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
        container.with_name(f"crosstalk-{self.place.run}-{self.name}")
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
            network=self.place.network,
            networking_config=_known_as(self.place.network, self.name),
            labels={LABEL: self.place.run},
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            init=True,
            # The harness asks by itself; the engine's asking costs a core a tenth of its time.
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
        """Wait until its probe says that it is ready.

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
        """The telling line at the end of what it logged since its start, and where the log is."""
        if not self.alive():
            # It has said all it will, and what it said may be still on its way.
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

    # The engine may go away with the container; what was heard until then is kept.
    with log.open("ab") as file, suppress(DockerException, RequestException, OSError):
        pieces: Iterable[bytes] = container.logs(stream=True, follow=True)
        for piece in pieces:
            file.write(piece)
            file.flush()
