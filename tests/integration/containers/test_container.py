"""A service as a container, on a real engine: what it may do, and that it goes with its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crosstalk.environment.backends.container import ContainerScope, ContainerService
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.engine import engine_client
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
from tests.integration.containers.conftest import IMAGE

pytestmark = pytest.mark.engine

_WAITING = ["sh", "-c", 'echo "told $WORD"; trap "exit 0" TERM; while :; do sleep 0.1; done']
_LEFT_BEHIND = """
import os, signal, sys
from pathlib import Path
from crosstalk.environment.backends.container import ContainerService, ContainerScope
from crosstalk.environment.runtime.guard import Guard

scope, folder, image = ContainerScope(sys.argv[1], sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
guard = Guard()
guard.remove(scope.label)
service = ContainerService("waiting", image, {}, folder / "log", scope, ["sleep", "600"])
service.start(guard)
(folder / "started").touch()
signal.pause()
"""


def waiting(scope: ContainerScope, log: Path) -> ContainerService:
    """One that says what it was told and waits to be ended."""
    return ContainerService(
        "waiting", IMAGE, {"WORD": "once"}, log, scope, _WAITING, user="postgres"
    )


def names(scope: ContainerScope) -> list[str]:
    """What the engine has of the run's containers."""
    with engine_client() as client:
        found = client.containers.list(all=True, filters={"label": scope.label})
        return [str(each.name) for each in found]


def test_container_runs_unprivileged_and_writes_to_memory_alone(
    scope: ContainerScope, guard: Guard, log: Path
) -> None:
    script = (
        "test $(id -u) != 0 && touch /tmp/it && ! touch /it 2>/dev/null"
        " && grep -q '^CapEff:.0*$' /proc/self/status && grep -q '^NoNewPrivs:.1' /proc/self/status"
    )
    service = ContainerService(
        "hardened", IMAGE, {}, log, scope, ["sh", "-c", script], user="postgres"
    )
    service.run(guard, 60.0)
    assert names(scope) == []


def test_failed_container_is_reported_with_its_last_words(
    scope: ContainerScope, guard: Guard, log: Path
) -> None:
    service = ContainerService(
        "failing", IMAGE, {}, log, scope, ["sh", "-c", "echo that is why; exit 3"]
    )
    with pytest.raises(EnvironmentFailed, match=r"failing failed: that is why \(log: "):
        service.run(guard, 60.0)


def test_container_restarts_with_changed_settings(
    scope: ContainerScope, guard: Guard, log: Path
) -> None:
    service = waiting(scope, log)
    service.probe = lambda: "told once" in log.read_text()
    service.start(guard)
    service.wait_until_ready()
    assert service.alive()
    assert service.pid > 0
    with pytest.raises(EnvironmentFailed, match="running already"):
        service.start(guard)
    service.stop(guard)
    assert not service.alive()
    service.environment = {"WORD": "twice"}
    service.probe = lambda: "told twice" in log.read_text()
    service.start(guard)
    service.wait_until_ready()
    service.stop(guard)
    service.stop(guard)
    assert log.read_text().splitlines() == ["told once", "told twice"]


def test_missing_image_is_reported(scope: ContainerScope, guard: Guard, log: Path) -> None:
    service = ContainerService("none", "crosstalk-none:never", {}, log, scope)
    with pytest.raises(EnvironmentFailed, match="none cannot be started as a container"):
        service.start(guard)


def test_containers_are_removed_when_the_harness_is_killed(
    scope: ContainerScope, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _LEFT_BEHIND, scope.run, scope.network, str(tmp_path), IMAGE],
        env={**os.environ, "PYTHONPATH": str(package_root("crosstalk"))},
        start_new_session=True,
    )
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.1)
    assert names(scope) == [f"crosstalk-{scope.run}-waiting"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 60
    while left(scope) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left(scope) == []


def left(scope: ContainerScope) -> list[str]:
    """Containers and networks of the run."""
    with engine_client() as client:
        networks = client.networks.list(filters={"label": scope.label})
        return names(scope) + [str(each.name) for each in networks]
