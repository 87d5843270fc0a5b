"""The reference system under load: observed from inside, and compared with its declaration."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crosstalk.deadlock.cycle import sentence
from crosstalk.deadlock.search import predict, resources
from crosstalk.deadlock.topologies import Sizes, topologies
from crosstalk.deadlock.traces import deviation
from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from crosstalk.environment.backends.options import DataAccess
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.ports import free_port
from crosstalk.report.run_folder import RunFolder
from loadtests.observer.client import merged_traces, observed_cycle, pool_figures
from loadtests.observer.instrumentation import ObserverPlan
from loadtests.observer.server import VARIABLE
from loadtests.report.outcome import TopologyOutcome
from loadtests.scenarios.load_process import LoadProcess
from loadtests.scenarios.running_topology import TO_BACKEND, TO_MCP
from loadtests.scenarios.soak import Sampler, growth, soak_svg
from loadtests.users.accounts import Account, LoadTarget

TO_MODEL = "HTTP connection to the model"
_DECLARED: Mapping[DataAccess, str] = {
    "direct": "separate",
    "api": "separate-through-rest",
    "hybrid": "separate-hybrid",
}
# The first word of a request's id, and the declaration that it must follow; any other request (a
# probe, e.g.) may take no more than a plain request or tool.
_KINDS = {"chat": "chat", "rest": "REST request", "tool": "tool call"}
_OTHERS = ("REST request", "tool call")
_MOST_DEPARTURES = 5
_PATIENCE = 10.0
# The question is whether it stalls, not its speed: a slow machine must not meet time-outs.
_LONG_TIMEOUTS = {
    "AGENT_TIMEOUT_SECONDS": "600",
    "BACKEND_TIMEOUT_SECONDS": "200",
    "DATABASE_POOL_TIMEOUT": "600",
    "DATABASE_STATEMENT_TIMEOUT": "60",
    "MCP_TIMEOUT_SECONDS": "300",
    "MCP_CALL_TIMEOUT_SECONDS": "240",
}
_INSTRUMENT = Path(__file__).parents[1] / "instrument"


@dataclass(slots=True)
class ReferenceVerdict:
    """Verdict on the reference system.

    Attributes:
        phases: Figures of each phase, by its name.
        departures: Requests that took a resource that is not declared.
        traced: Number of requests that were compared with their declaration, by kind.
        cycles: Cycles that were observed; there must be none.
        grown: Figures of services that kept growing during a soak.
    """

    phases: dict[str, dict[str, Any]] = field(default_factory=dict)
    departures: list[str] = field(default_factory=list)
    traced: dict[str, int] = field(default_factory=dict)
    cycles: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)

    @property
    def progresses(self) -> bool:
        """No phase has stalled."""
        return not any(each["stalls"] for each in self.phases.values())

    @property
    def passed(self) -> bool:
        """Every request was answered without error or foreign text, and took what is declared."""
        return (
            all(
                each["requests"] > 0
                and each["own"] > 0
                and not (each["errors"] or each["unfinished"] or each["stalls"] or each["foreign"])
                for each in self.phases.values()
            )
            and not self.departures
            and not self.grown
            # Of every kind: otherwise nothing was compared.
            and all(self.traced.get(kind) for kind in _KINDS.values())
        )

    def summarized(self) -> dict[str, Any]:
        """Return `ours` of `summary.json`: sums, worst percentiles, and each phase."""
        phases = list(self.phases.values())
        fields = asdict(self)
        return {
            "users": max((each["users"] for each in phases), default=0),
            **{
                key: sum(each[key] for each in phases)
                for key in ("requests", "errors", "unfinished", "stalls", "foreign", "own")
            },
            **{
                key: max((each[key] or 0.0 for each in phases), default=0.0)
                for key in ("p50_ms", "p99_ms")
            },
            # Keys of earlier versions.
            "stands": self.passed,
            "circles": fields.pop("cycles"),
            **fields,
        }


@contextmanager
def observed_system(
    folder: Path, *, think_ms: int, data_access: DataAccess = "direct"
) -> Iterator[tuple[RunningSystem, dict[str, str]]]:
    """Run the unchanged reference system with an observer in each of its two services.

    Args:
        folder: The run's folder.
        think_ms: Milliseconds that the offline model takes.
        data_access: The MCP server's way to the data.
    """
    ports = {name: free_port() for name in ("backend", "mcp", "model")}
    observer_ports = {name: free_port() for name in ("backend", "mcp")}
    calls = {
        f"http://127.0.0.1:{ports['mcp']}/mcp": TO_MCP,
        f"http://127.0.0.1:{ports['model']}": TO_MODEL,
        f"http://127.0.0.1:{ports['backend']}/api": TO_BACKEND,
    }
    root = package_root("loadtests")
    path = os.pathsep.join((str(_INSTRUMENT), str(root)))
    names = {"backend": "backend", "mcp": "MCP"}
    environment = {
        service: {
            **_LONG_TIMEOUTS,
            "PYTHONPATH": path,
            VARIABLE: json.dumps(
                asdict(
                    ObserverPlan(
                        port=port,
                        pool=f"{names[service]} pool connection",
                        dump=str(folder.resolve() / "logs" / f"{service}.stacks"),
                        loop=f"{names[service]} event loop",
                        worker=f"{names[service]} worker thread",
                        calls=calls,
                    )
                )
            ),
        }
        for service, port in observer_ports.items()
    }
    options = ProcessOptions(
        run_folder=folder,
        adversarial_model=False,
        data_access=data_access,
        ports=ports,
        extra_env=environment,
        model_think_ms=think_ms,
    )
    with ProcessEnvironment(options) as running:
        yield running, {name: f"http://127.0.0.1:{port}" for name, port in observer_ports.items()}


class ReferenceSystemLoad:
    """Phases of load on the reference system.

    Args:
        running: The system.
        observers: Service to the URL of its observer.
        accounts: Users who have a task with their marker.
        run: Receives logs, and snapshots of stalls.
        data_access: The MCP server's way to the data.
    """

    def __init__(
        self,
        running: RunningSystem,
        observers: Mapping[str, str],
        accounts: list[Account],
        run: RunFolder,
        data_access: DataAccess = "direct",
    ) -> None:
        self.running = running
        self._observers = observers
        self.accounts = accounts
        self._run = run
        self._declared = topologies(Sizes())[_DECLARED[data_access]]
        self._compared: set[str] = set()
        self.verdict = ReferenceVerdict()

    def phase(self, load: LoadProcess, name: str, users: int, **phase: Any) -> dict[str, Any]:
        """Run a phase, and compare what requests took with their declaration.

        Args:
            load: Makes the load.
            name: Name of the phase in figures.
            users: Largest number of users.
            phase: The phase, as `loadtests.scenarios.phases` takes it.
        """
        figures = load.run(
            {
                "host": self.running.backend_url,
                "mcp_url": self.running.mcp_url,
                "users": users,
                "patience": _PATIENCE,
                "accounts": [each.to_dict() for each in self.accounts],
                "observers": dict(self._observers),
                "pids": self._pids,
                **phase,
            }
        )
        taken = figures.pop("snapshot")
        self._run.write(f"ours-{name.replace(' ', '-')}.html", figures.pop("html"))
        if taken is not None:
            self._run.write(
                f"ours-{name.replace(' ', '-')}-stall.json", json.dumps(taken, indent=1)
            )
            capacities = {each.name: each.capacity for each in resources(self._declared)}
            cycle = sentence(observed_cycle(taken, capacities, "request")) or "no cycle"
            self.verdict.cycles.append(f"stalled in {name}: {cycle}; {pool_figures(taken)}")
        self.verdict.phases[name] = {"users": users, "kind": phase["kind"], **figures}
        self.compare()
        return self.verdict.phases[name]

    def soak(self, load: LoadProcess, seconds: float, rate: float) -> dict[str, Any]:
        """Send `rate` requests a second for `seconds`; services must not grow meanwhile."""
        arrive = {"kind": "arrivals", "rate": rate, "arriving": seconds, "seconds": seconds + 60.0}
        with Sampler(self._pids, self._observers) as sampler:
            figures = self.phase(load, "soak", 1, **arrive)
        self.verdict.grown = growth(sampler.samples)
        self._run.write("soak.json", json.dumps(sampler.samples))
        self._run.write("soak.svg", soak_svg(sampler.samples))
        return figures

    def outcome(self) -> TopologyOutcome:
        """Return the system's line beside the other topologies: the result of concurrent chats."""
        verdict, phases = self.verdict, list(self.verdict.phases.values())
        rounds = [each for each in phases if each["kind"] == "rounds"]
        stalled = [each["users"] for each in rounds if each["stalls"]]
        return TopologyOutcome(
            self._declared.name,
            self._declared.summary,
            predict(self._declared).boundary,
            min(stalled, default=None),
            observed_cycle="; ".join(verdict.cycles),
            departures=list(verdict.departures),
            traced=sum(verdict.traced.values()),
            phases=rounds,
            open=next((each for each in phases if each["kind"] == "arrivals"), None),
        )

    def compare(self) -> None:
        """Compare what requests took with their declaration."""
        declared = {each.name: each for each in self._declared.requests}
        verdict = self.verdict
        for identifier, trace in merged_traces(self._observers).items():
            if identifier in self._compared or not trace:
                continue
            self._compared.add(identifier)
            kind = _KINDS.get(identifier.split(".")[0])
            if kind is not None:
                verdict.traced[kind] = verdict.traced.get(kind, 0) + 1
            found = [deviation(declared[each], trace) for each in ([kind] if kind else _OTHERS)]
            if None not in found and len(verdict.departures) < _MOST_DEPARTURES:
                verdict.departures.append(f"{kind or 'other'} {identifier}: {found[0]}")

    @property
    def _pids(self) -> dict[str, int]:
        return {name: self.running.services[name].pid for name in self._observers}


def make_accounts(running: RunningSystem, count: int) -> list[Account]:
    """Make new users of this system."""
    target = LoadTarget(running.backend_url, running.mcp_url, running.issuer)
    return [target.account() for _ in range(count)]
