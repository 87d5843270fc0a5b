"""Replicas are killed while people write: nothing that was acknowledged is lost or done twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed, ProcessEnvironment, ProcessOptions
from crosstalk.environment.backends.replicas import slots
from crosstalk.environment.parts.haproxy import find_haproxy
from loadtests.report.counts import Tally
from loadtests.scenarios.durability import People
from loadtests.scenarios.killing import Killer
from loadtests.scenarios.reference_system import make_accounts
from loadtests.scenarios.replicated import ProcessReplicas

_REPLICAS = {"backend": 2, "mcp": 2}
_KILLS = 2
_LONGEST_SECONDS = 120.0


def test_nothing_is_lost_when_a_replica_of_each_service_is_killed(tmp_path: Path) -> None:
    try:
        find_haproxy()
    except EnvironmentFailed as error:
        pytest.skip(str(error))
    tally = Tally.create(patience=30.0)
    options = ProcessOptions(run_folder=tmp_path, replicas=_REPLICAS)
    with ProcessEnvironment(options) as running:
        accounts = make_accounts(running, 3)
        people = People(running.backend_url, running.mcp_url, accounts, tally)
        replicas = ProcessReplicas(running, slots(_REPLICAS))
        killer = Killer(replicas, every=2.0, seed=1)
        with people, killer:
            deadline = time.monotonic() + _LONGEST_SECONDS
            while killer.counted("killed") < _KILLS and time.monotonic() < deadline:
                time.sleep(0.1)
        found = people.read_back()
        served = replicas.served()
    assert killer.counted("killed") >= _KILLS
    assert killer.failure is None
    assert found["acknowledged"] > 0
    assert {found[each] for each in ("lost", "duplicated", "foreign")} == {0}
    figures = tally.figures()
    assert (figures["errors"], figures["foreign"], figures["unfinished"]) == (0, 0, 0)
    assert sum(count > 0 for count in served.values()) >= 4
