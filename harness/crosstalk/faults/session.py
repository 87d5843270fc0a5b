"""A run of faults: rounds of a workload with a schedule, each verified at its end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crosstalk.environment import ProcessEnvironment, ProcessOptions
from crosstalk.environment.runtime.ports import Ports
from crosstalk.execution.shrink import minimize
from crosstalk.faults.catalog import CLIENT_BACKEND, CLIENT_MCP, FAULTS
from crosstalk.faults.kinds.base import BrokenPromise, FaultySystem
from crosstalk.faults.kinds.database import as_admin
from crosstalk.faults.link import Link, LinkLoop
from crosstalk.faults.readiness import STEADY_SECONDS, ReadinessWatch
from crosstalk.faults.schedule import Injection, Schedule
from crosstalk.faults.workload import Entry, Findings, Workload

_BETWEEN = ("postgresql", "mcp", "issuer", "model")
_PATHS = ("rest", "tool", "chat")
_JOINED_SECONDS = 8.0
_LOOK_SECONDS = 0.05
# The longest that a fault leaves behind is a statement on a connection that went silent, which ends
# 2 s after DATABASE_STATEMENT_TIMEOUT; the rest is for a busy machine.
RECOVERY_SECONDS = 30.0
_SETTINGS = {
    # A fetch of keys is due every few seconds, so that a fault of the issuer meets one.
    "JWKS_MAX_AGE_SECONDS": "20",
    "DATABASE_STATEMENT_TIMEOUT": "6",
    "DATABASE_POOL_TIMEOUT": "6",
    "DRAIN_SECONDS": "5",
}
# What is acknowledged survives a killed server; few sessions, so that they can be exhausted.
_POSTGRES = {"synchronous_commit": "on", "full_page_writes": "on", "max_connections": "60"}


@dataclass(frozen=True, slots=True)
class Injected:
    """One injection that was made.

    Attributes:
        fault: Name of the fault.
        acknowledged: Writes that were acknowledged from its begin until the system served again.
        fault_seconds: From its begin until it was lifted.
        recovery_seconds: From then until writes by REST, MCP and the assistant were acknowledged
            and both services ready, and they stayed so; None where that took longer than
            `RECOVERY_SECONDS`.
    """

    fault: str
    acknowledged: int
    fault_seconds: float
    recovery_seconds: float | None


@dataclass(slots=True)
class RoundResult:
    """Result of one round.

    Attributes:
        schedule: Its injections.
        injected: Those that were made.
        counts: `acknowledged`, `lost`, `duplicated`, `foreign`.
        findings: All that must not occur.
        repeated: Requests that were sent again.
    """

    schedule: Schedule
    injected: list[Injected]
    counts: dict[str, int]
    findings: Findings
    repeated: int

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of what was found."""
        return frozenset(self.findings.counts)

    def joined(self, later: RoundResult) -> RoundResult:
        """Return the result of this round and a later one as if they were one."""
        counts, findings = Counter(self.counts), Findings()
        counts.update(later.counts)
        for each in (self.findings, later.findings):
            findings.merge(each)
        return RoundResult(
            Schedule(self.schedule.seed, (*self.schedule.injections, *later.schedule.injections)),
            [*self.injected, *later.injected],
            dict(counts),
            findings,
            self.repeated + later.repeated,
        )


@dataclass(slots=True)
class RunResult:
    """Result of a run.

    Attributes:
        rounds: Those of the run itself, without replays.
        shrunk: The shortest schedule that still shows the first violation, if there was one.
        seconds: That the run took.
    """

    rounds: list[RoundResult] = field(default_factory=list)
    shrunk: Schedule | None = None
    seconds: float = 0.0

    def total(self, name: str) -> int:
        """Return the sum of a count."""
        return sum(each.counts[name] for each in self.rounds)

    @property
    def injected(self) -> list[Injected]:
        """Every injection."""
        return [one for each in self.rounds for one in each.injected]

    @property
    def found(self) -> Counter[str]:
        """Kinds of what was found, with how often."""
        found: Counter[str] = Counter()
        for each in self.rounds:
            found.update(each.findings.counts)
        return found


@contextmanager
def faulty_system(
    folder: Path,
    *,
    system_root: Path | None = None,
    postgres_settings: dict[str, str] | None = None,
) -> Iterator[FaultySystem]:
    """Run the reference system with a link before each service and before PostgreSQL.

    Args:
        folder: For logs.
        system_root: Folder with the `system` package; None takes the installed one.
        postgres_settings: Server settings that are added or replaced.

    Raises:
        EnvironmentFailed: A part does not start.
    """
    with Ports() as ports:
        with Ports() as chosen:
            own = {name: chosen.take() for name in (*_BETWEEN, "backend")}
            fronts = {name: ports.take() for name in (*_BETWEEN, CLIENT_BACKEND, CLIENT_MCP)}
        upstream = {**own, CLIENT_BACKEND: own["backend"], CLIENT_MCP: own["mcp"]}
        links = {name: Link(name, port, upstream[name]) for name, port in fronts.items()}
        options = ProcessOptions(
            run_folder=folder,
            system_root=system_root,
            adversarial_model=False,
            ports=own,
            links={name: fronts[name] for name in _BETWEEN},
            extra_env={"backend": _SETTINGS, "mcp": _SETTINGS},
            postgres_settings={**_POSTGRES, **(postgres_settings or {})},
        )
        with LinkLoop(list(links.values())) as loop, ProcessEnvironment(options) as running:
            # A kill may lose what users were told, never the tables that the start has made.
            as_admin(running, _flush)
            yield FaultySystem(running, links, loop)


async def _flush(admin: Any) -> None:
    """Write to disk what the server holds in memory alone."""
    await admin.execute("CHECKPOINT")


class FaultRun:
    """Rounds of faults on one running system.

    Args:
        system: The system.
        users: Who write at once.
        tell: Receives a line for each injection.
    """

    def __init__(self, system: FaultySystem, users: int, tell: Callable[[str], None]) -> None:
        self._system = system
        self._users = users
        self._tell = tell
        running = system.running
        path = urlsplit(running.mcp_url).path
        self._entry = Entry(
            f"http://127.0.0.1:{system.links[CLIENT_BACKEND].port}",
            f"http://127.0.0.1:{system.links[CLIENT_MCP].port}{path}",
        )
        mcp = running.mcp_url.removesuffix(path)
        self._ready = {"backend": f"{running.backend_url}/ready", "mcp": f"{mcp}/ready"}

    def run(self, schedule: Schedule) -> RoundResult:
        """Run one round: workload and faults, then read everything back.

        Raises:
            EnvironmentFailed: A service does not start again.
        """
        return asyncio.run(self._run(schedule))

    def shrink(self, result: RoundResult, seconds: float) -> Schedule:
        """Return the shortest schedule found that still shows what a round has found.

        Args:
            result: Of that round.
            seconds: That shrinking may take.
        """
        deadline = time.monotonic() + seconds
        schedule = result.schedule

        def attempt(injections: Any) -> Any:
            again = self.run(schedule.only(injections))
            return injections if again.kinds & result.kinds else None

        left = minimize(schedule.injections, attempt, lambda: time.monotonic() > deadline)
        return schedule.only(left)

    async def _run(self, schedule: Schedule) -> RoundResult:
        running = self._system.running
        workload = Workload(running, self._entry, self._users, schedule.seed)
        injected = []
        async with workload, ReadinessWatch(self._ready, workload.findings) as watch:
            for injection in schedule.injections:
                await asyncio.sleep(injection.pause)
                injected.append(await self._inject(injection, workload, watch))
            await workload.stop()
            counts = await workload.read_back(running.backend_url)
        ledger = workload.ledger
        return RoundResult(schedule, injected, counts, workload.findings, ledger.repeated)

    async def _inject(
        self, injection: Injection, workload: Workload, watch: ReadinessWatch
    ) -> Injected:
        fault, before = FAULTS[injection.fault], workload.ledger.acknowledged
        began = time.monotonic()
        watch.excuse(fault.unready, fault.name)
        try:
            await asyncio.to_thread(fault.inject, self._system, injection.seconds)
        except BrokenPromise as broken:
            workload.findings.add("promise broken", str(broken))
        lifted = time.monotonic()
        served = await self._recovered(workload, watch, lifted + RECOVERY_SECONDS)
        recovery = None if served is None else round(served - lifted, 2)
        watch.judge()
        if recovery is None:
            workload.findings.add("not recovered", f"{RECOVERY_SECONDS:.0f} s after {fault.name}")
        done = Injected(
            fault.name,
            workload.ledger.acknowledged - before,
            round(lifted - began, 2),
            recovery,
        )
        after = "not" if recovery is None else f"after {recovery:.2f} s"
        self._tell(
            f"{done.fault}: {done.fault_seconds:.1f} s, {done.acknowledged} acknowledged, "
            f"served again {after}"
        )
        return done

    async def _recovered(
        self, workload: Workload, watch: ReadinessWatch, deadline: float
    ) -> float | None:
        """Return when writes on every path were acknowledged and the services ready for good."""
        probes: list[Callable[[], Awaitable[bool]]] = [
            partial(workload.serves, path, RECOVERY_SECONDS) for path in _PATHS
        ]
        try:
            async with asyncio.timeout_at(_loop_time(deadline)):
                while True:
                    async with asyncio.TaskGroup() as waiting:
                        for each in (*probes, watch.are_ready):
                            waiting.create_task(until_served(each))
                    served = time.monotonic()
                    if await watch.are_ready(STEADY_SECONDS):
                        return served
        except TimeoutError:
            return None


async def until_served(probe: Callable[[], Awaitable[bool]]) -> None:
    """Probe until the answer is yes.

    A probe that takes long is joined by another and not ended: on a busy machine an answer takes
    its time, and one that waits on a connection from before the fault never comes.
    """
    under_way: set[asyncio.Future[bool]] = set()
    try:
        while True:
            under_way.add(asyncio.ensure_future(probe()))
            done, under_way = await asyncio.wait(
                under_way, timeout=_JOINED_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if any(each.result() for each in done):
                return
            if done:
                await asyncio.sleep(_LOOK_SECONDS)
    finally:
        for each in under_way:
            each.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _loop_time(deadline: float) -> float:
    """Convert a moment of the monotonic clock to one of the event loop's."""
    return asyncio.get_running_loop().time() + deadline - time.monotonic()
