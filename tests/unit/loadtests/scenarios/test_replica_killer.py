"""The replica killer's choice of victims, and of slots for their successors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from crosstalk.environment import EnvironmentFailed
from loadtests.scenarios.replica_control import ComposeReplicas
from loadtests.scenarios.replica_killer import ReplicaKiller

_PATIENCE_SECONDS = 20.0


@dataclass
class FakeReplicas:
    """Replicas that exist by name alone; a slot is ready while its name is in `alive`."""

    slots: Mapping[str, Sequence[str]]
    alive: set[str]
    broken: bool = False
    killed: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    def is_ready(self, name: str) -> bool:
        return name in self.alive

    def is_free(self, name: str) -> bool:
        return name not in self.alive

    def kill(self, name: str) -> None:
        self.alive.remove(name)
        self.killed.append(name)

    def start(self, name: str) -> None:
        if self.broken:
            raise EnvironmentFailed("no memory")
        self.alive.add(name)
        self.started.append(name)

    def served(self) -> dict[str, int]:
        return {}


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert happened()


def test_replica_killer_alternates_services_and_starts_a_successor_in_the_free_slot() -> None:
    there = FakeReplicas({"web": ("w1", "w2", "w3"), "tool": ("t1", "t2", "t3")}, {"w1", "w2"})
    there.alive |= {"t1", "t2"}
    with ReplicaKiller(there, every=0.0, seed=1) as killer:
        until(lambda: len(there.started) >= 4)
    assert {"w3", "t3"} == set(there.started[:2])
    assert [each[0] for each in there.killed[:4]] == ["w", "t", "w", "t"]
    assert killer.count("killed") == len(there.killed)
    assert killer.failure is None


def test_replica_killer_restarts_the_victim_where_no_slot_is_free() -> None:
    there = FakeReplicas({"web": ("w1", "w2")}, {"w1", "w2"})
    with ReplicaKiller(there, every=0.0, seed=1):
        until(lambda: len(there.started) >= 3)
    assert there.started == there.killed


def test_replica_killer_spares_the_last_ready_replica() -> None:
    there = FakeReplicas({"web": ("w1", "w2"), "tool": ("t1", "t2", "t3")}, {"w1", "t1", "t2"})
    with ReplicaKiller(there, every=0.0, seed=1):
        until(lambda: len(there.killed) >= 2)
    assert "w1" in there.alive


def test_replica_killer_reports_a_replica_that_does_not_start() -> None:
    there = FakeReplicas({"web": ("w1", "w2", "w3")}, {"w1", "w2"}, broken=True)
    with ReplicaKiller(there, every=0.0, seed=1) as killer:
        until(lambda: killer.failure is not None)
    assert killer.failure == "no memory"


def test_compose_replicas_name_a_project_that_does_not_run() -> None:
    # Without an engine the message names the engine instead.
    with pytest.raises(EnvironmentFailed, match=r"'nobody-has-this' has no|Docker Engine"):
        ComposeReplicas("nobody-has-this").require()
