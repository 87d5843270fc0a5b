"""Runs each topology below, at and above its predicted boundary, and compares."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.deadlock.cycle import find_cycle, sentence
from harness.deadlock.program import Topology
from harness.deadlock.search import Prediction, predict, resources
from harness.deadlock.topologies import Sizes, topologies
from harness.deadlock.traces import departure
from harness.environment.guard import Guard
from harness.report.runs import RunFolder
from loadtests.accounts import Account
from loadtests.load_process import LoadProcess
from loadtests.looking import merged_traces, observed_circle
from loadtests.running import RunningTopology
from loadtests.tally import Subject
from loadtests.topologies.__main__ import NAMES

_PATIENCE = 3.0
# The SDK sends from a task of its own, so that calls cannot be told apart by request.
_NOT_TRACED = frozenset({"shared-singleton-connection"})
_TIMEOUTS = {"pool": 8.0, "call": 60.0, "think": 0.4}


@dataclass(slots=True)
class Outcome:
    """What the model said of a topology, and what happened.

    Attributes:
        name: The topology.
        summary: One sentence about it.
        predicted: Smallest number of requests that can stall; None for never.
        observed: Smallest number that did; None if none did.
        cycle: The predicted circle.
        observed_cycle: The circle that was seen among the requests that stood still.
        departures: Requests that took something that is not declared.
        traced: Requests that were compared with the declaration.
        phases: The figures of each run.
    """

    name: str
    summary: str
    predicted: int | None
    observed: int | None = None
    cycle: str = ""
    observed_cycle: str = ""
    departures: list[str] = field(default_factory=list)
    traced: int = 0
    phases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def agree(self) -> bool:
        """The boundaries are equal, with the same circle, and nothing undeclared was taken."""
        return (
            self.predicted == self.observed
            and bool(self.cycle) == bool(self.observed_cycle)
            and not self.departures
            and (self.traced > 0 or self.name in _NOT_TRACED)
            # Who is far from the boundary must simply be answered.
            and not any(each["errors"] for each in self.phases if not each["stalls"])
        )

    def summarized(self) -> dict[str, Any]:
        """As in `summary.json`."""
        return {**asdict(self), "agree": self.agree, "cycle": self.cycle or None}


def user_counts(boundary: int | None, sizes: Sizes, *, short: bool) -> list[int]:
    """With how many users a topology is run, in this order."""
    if boundary is None:
        # Far more than there are connections.
        return [3 * sizes.pool] if short else [sizes.pool + 1, 3 * sizes.pool, 2 * sizes.workers]
    at = [boundary - 1, boundary] if boundary > 1 else [boundary]
    return at if short else [*at, 2 * boundary]


class Proof:
    """The topologies, one after the other.

    Args:
        database_url: Of a role that the tables let in.
        subjects: Users with their markers stored; enough for the largest phase.
        sizes: How many units there are of everything.
        run: Where logs and what was seen in a stall go.
        tell: Is told of each outcome.
    """

    def __init__(
        self,
        database_url: str,
        subjects: Sequence[Subject],
        sizes: Sizes,
        run: RunFolder,
        tell: Callable[[Outcome], None],
    ) -> None:
        self._database_url = database_url
        self._subjects = subjects
        self._sizes = sizes
        self._run = run
        self._tell = tell
        self._declared = topologies(sizes)

    def run(self, load: LoadProcess, guard: Guard, *, short: bool) -> list[Outcome]:
        """Run all of them.

        Raises:
            HarnessError: One does not start, or the load ends by itself.
        """
        outcomes = []
        waiting = [predict(self._declared[name]) for name in NAMES]
        following: RunningTopology | None = self._start(waiting[0], guard)
        try:
            while waiting:
                running, following = following, None
                prediction = waiting.pop(0)
                if waiting:
                    # It loads while this one is measured.
                    following = self._start(waiting[0], guard)
                outcomes.append(self._one(load, guard, prediction, running, short=short))
                self._tell(outcomes[-1])
        finally:
            if following is not None:
                following.stop(guard)
        return outcomes

    def _one(
        self,
        load: LoadProcess,
        guard: Guard,
        prediction: Prediction,
        running: RunningTopology | None,
        *,
        short: bool,
    ) -> Outcome:
        topology = prediction.topology
        cycle = find_cycle(prediction.stall) if prediction.stall else ()
        outcome = Outcome(
            topology.name, topology.summary, prediction.boundary, cycle=sentence(cycle)
        )
        rounds = 1 if short else 2
        for users in user_counts(prediction.boundary, self._sizes, short=short):
            # What has stalled is not used again.
            running = running or self._start(prediction, guard)
            try:
                running.wait_until_ready()
                stalled = self._phase(load, running, topology, outcome, users, rounds)
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
        topology: Topology,
        outcome: Outcome,
        users: int,
        rounds: int,
    ) -> bool:
        figures = load.run(
            {
                "kind": "rounds",
                "host": running.url,
                "path": "/chat",
                "body": {},
                "users": users,
                "rounds": rounds,
                "seconds": 30.0,
                "patience": _PATIENCE,
                # Who calls a topology is who the bearer says.
                "accounts": [Account(each, each.user).plain() for each in self._subjects[:users]],
                "observers": running.observers,
            }
        )
        seen = figures.pop("seen")
        self._run.write(f"{topology.name}-{users}.html", figures.pop("html"))
        if seen is not None:
            name = f"{topology.name}-{users}-stall.json"
            self._run.write(name, json.dumps(seen, indent=1))
            capacities = {each.name: each.capacity for each in resources(topology)}
            circle = observed_circle(seen, capacities, "chat")
            if outcome.observed is None or users < outcome.observed:
                outcome.observed, outcome.observed_cycle = users, circle
        elif topology.name not in _NOT_TRACED:
            self._compare(running, topology, outcome)
        outcome.phases.append({"users": users, **figures})
        return seen is not None

    def _compare(self, running: RunningTopology, topology: Topology, outcome: Outcome) -> None:
        """Hold what requests did against what is declared."""
        for trace in merged_traces(running.observers).values():
            if not trace:
                continue
            outcome.traced += 1
            found = departure(topology.requests[0], trace)
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
