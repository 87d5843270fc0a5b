"""Verification of the model: runs each topology below, at and above its predicted boundary."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from crosstalk.deadlock.cycle import Link, find_cycle, same, sentence
from crosstalk.deadlock.program import Topology
from crosstalk.deadlock.search import Prediction, predict, resources
from crosstalk.deadlock.topologies import Sizes, topologies
from crosstalk.deadlock.traces import deviation
from crosstalk.environment.runtime.guard import Guard
from crosstalk.report.run_folder import RunFolder
from loadtests.observer.client import merged_traces, observed_cycle, pool_figures
from loadtests.report.counts import MarkedSubject
from loadtests.report.outcome import NOT_TRACED, TopologyOutcome
from loadtests.scenarios.load_process import LoadProcess
from loadtests.scenarios.running_topology import RunningTopology
from loadtests.topologies.__main__ import NAMES
from loadtests.users.accounts import Account

_PATIENCE = 3.0
# OpenArrivals a second, times the boundary or the pool; a chat takes half a second when alone.
_OPEN_FACTOR = 4
_OPEN = {"arriving": 2.0, "seconds": 30.0}
_TIMEOUTS = {"pool": 60.0, "call": 60.0, "think": 0.4}


def user_counts(boundary: int | None, sizes: Sizes, *, short: bool) -> list[int]:
    """Return the numbers of users that a topology is run with, in order."""
    if boundary is None:
        # Far more than the pool has connections.
        return [3 * sizes.pool] if short else [sizes.pool + 1, 3 * sizes.pool, 2 * sizes.workers]
    at = [boundary - 1, boundary] if boundary > 1 else [boundary]
    return at if short else [*at, 2 * boundary]


class Verification:
    """Runs the topologies, one after the other.

    Args:
        database_url: Of a role with access to the tables.
        subjects: Users with their markers stored; enough for the largest phase.
        sizes: Number of units of each resource.
        run: Receives logs, and snapshots of stalls.
        report: Called with each outcome.
    """

    def __init__(
        self,
        database_url: str,
        subjects: Sequence[MarkedSubject],
        sizes: Sizes,
        run: RunFolder,
        report: Callable[[TopologyOutcome], None],
    ) -> None:
        self._database_url = database_url
        self._subjects = subjects
        self._sizes = sizes
        self._run = run
        self._report = report
        self._declared = topologies(sizes)

    def run(self, load: LoadProcess, guard: Guard, *, short: bool) -> list[TopologyOutcome]:
        """Run all topologies.

        Raises:
            HarnessError: One does not start, or the load process ends by itself.
        """
        outcomes = []
        waiting = [predict(self._declared[name]) for name in NAMES]
        following: RunningTopology | None = self._start(waiting[0], guard)
        try:
            while waiting:
                running, following = following, None
                prediction = waiting.pop(0)
                if waiting:
                    # Its processes start while this one is measured.
                    following = self._start(waiting[0], guard)
                outcomes.append(self._verify(load, guard, prediction, running, short=short))
                self._report(outcomes[-1])
        finally:
            if following is not None:
                following.stop(guard)
        return outcomes

    def _verify(
        self,
        load: LoadProcess,
        guard: Guard,
        prediction: Prediction,
        running: RunningTopology | None,
        *,
        short: bool,
    ) -> TopologyOutcome:
        topology = prediction.topology
        cycle = sentence(_predicted_cycle(prediction))
        outcome = TopologyOutcome(topology.name, topology.summary, prediction.boundary, cycle=cycle)
        rounds = 1 if short else 2
        phases = [
            {"kind": "rounds", "users": users, "rounds": rounds, "seconds": 30.0}
            for users in user_counts(prediction.boundary, self._sizes, short=short)
        ]
        if not short:
            # Open arrivals, because clients that wait for answers could hide a stall.
            rate = _OPEN_FACTOR * (prediction.boundary or self._sizes.pool)
            phases.append({"kind": "arrivals", "users": 1, "rate": rate, **_OPEN})
        for phase in phases:
            # A topology that has stalled is not used again.
            running = running or self._start(prediction, guard)
            try:
                running.wait_until_ready()
                stalled = self._phase(load, running, prediction, outcome, phase)
            except BaseException:
                running.stop(guard)
                raise
            if stalled:
                running.stop(guard)
                running = None
        if running is not None:
            running.stop(guard)
        return outcome

    def _phase(
        self,
        load: LoadProcess,
        running: RunningTopology,
        prediction: Prediction,
        outcome: TopologyOutcome,
        phase: dict[str, Any],
    ) -> bool:
        topology = prediction.topology
        arriving = phase["kind"] == "arrivals"
        most = len(self._subjects) if arriving else phase["users"]
        figures = load.run(
            {
                **phase,
                "host": running.url,
                "path": "/chat",
                "body": {},
                "patience": _PATIENCE,
                # A topology takes the bearer token for the user's id.
                "accounts": [Account(each, each.user).to_dict() for each in self._subjects[:most]],
                "observers": running.observers,
                "pids": running.pids,
            }
        )
        name = f"{topology.name}-{'arrivals' if arriving else phase['users']}"
        taken = figures.pop("snapshot")
        self._run.write(f"{name}.html", figures.pop("html"))
        if taken is not None:
            self._run.write(f"{name}-stall.json", json.dumps(taken, indent=1))
        elif topology.name not in NOT_TRACED:
            self._compare(running, topology, outcome)
        if arriving:
            outcome.open = {"rate": phase["rate"], **figures}
            return taken is not None
        users = phase["users"]
        if taken is not None and (outcome.observed is None or users < outcome.observed):
            capacities = {each.name: each.capacity for each in resources(topology)}
            outcome.observed = users
            cycle = observed_cycle(taken, capacities, "chat")
            outcome.observed_cycle = sentence(cycle)
            outcome.same_cycle = same(cycle, _predicted_cycle(prediction))
            outcome.pools = pool_figures(taken)
        outcome.phases.append({"users": users, **figures})
        return taken is not None

    def _compare(
        self, running: RunningTopology, topology: Topology, outcome: TopologyOutcome
    ) -> None:
        """Compare what requests took with the topology's declaration."""
        for trace in merged_traces(running.observers).values():
            if not trace:
                continue
            outcome.traced += 1
            found = deviation(topology.requests[0], trace)
            if found is not None and len(outcome.departures) < 3:
                outcome.departures.append(str(found))

    def _start(self, prediction: Prediction, guard: Guard) -> RunningTopology:
        running = RunningTopology(
            prediction.topology.name,
            self._database_url,
            self._sizes,
            _TIMEOUTS,
            self._run.path / "logs",
        )
        running.start(guard)
        return running


def _predicted_cycle(prediction: Prediction) -> tuple[Link, ...]:
    return find_cycle(prediction.stall) if prediction.stall else ()
