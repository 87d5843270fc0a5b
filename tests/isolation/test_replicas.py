"""Replicas are killed while users write: no acknowledged write is lost or duplicated."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed, ProcessEnvironment, ProcessOptions
from crosstalk.environment.backends.replicas import slots
from crosstalk.environment.parts.haproxy import find_haproxy
from loadtests.report.counts import Counts
from loadtests.scenarios.durability import WritingUsers
from loadtests.scenarios.reference_system import make_accounts
from loadtests.scenarios.replica_control import ProcessReplicas
from loadtests.scenarios.replica_killer import ReplicaKiller

_REPLICAS = {"backend": 2, "mcp": 2}
_KILLS = 2
_LONGEST_SECONDS = 120.0


def test_acknowledged_writes_survive_the_kill_of_a_replica_of_each_service(tmp_path: Path) -> None:
    try:
        find_haproxy()
    except EnvironmentFailed as error:
        pytest.skip(str(error))
    counts = Counts.create(patience=30.0)
    options = ProcessOptions(run_folder=tmp_path, replicas=_REPLICAS)
    with ProcessEnvironment(options) as running:
        accounts = make_accounts(running, 3)
        users = WritingUsers(running.backend_url, running.mcp_url, accounts, counts)
        replicas = ProcessReplicas(running, slots(_REPLICAS))
        killer = ReplicaKiller(replicas, every=2.0, seed=1)
        with users, killer:
            deadline = time.monotonic() + _LONGEST_SECONDS
            while killer.count("killed") < _KILLS and time.monotonic() < deadline:
                time.sleep(0.1)
        found = users.read_back()
        served = replicas.served()
    assert killer.count("killed") >= _KILLS
    assert killer.failure is None
    assert found["acknowledged"] > 0
    assert {found[each] for each in ("lost", "duplicated", "foreign")} == {0}
    figures = counts.figures()
    assert (figures["errors"], figures["foreign"], figures["unfinished"]) == (0, 0, 0)
    assert sum(count > 0 for count in served.values()) >= 4
