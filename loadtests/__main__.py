"""Load on the topologies and on the reference system: `python -m loadtests`.

Exit status: 0 every topology behaves as predicted and the reference system passes, 1 a boundary
differs or the system fails, 2 the run could not be made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from crosstalk.deadlock.topologies import Sizes
from crosstalk.environment import RunningSystem
from crosstalk.environment.backends.options import DataAccess
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.environment.runtime.guard import Guard
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
from loadtests.observer.requests import add_task
from loadtests.report.boundaries import boundaries_svg
from loadtests.report.outcome import TopologyOutcome
from loadtests.scenarios.load_process import LoadProcess
from loadtests.scenarios.reference_system import (
    ReferenceSystemLoad,
    ReferenceVerdict,
    make_accounts,
    observed_system,
)
from loadtests.scenarios.verification import Verification
from loadtests.users.accounts import Account

_THINK_MS = 200
_SEEDING = 8
_SOAK_SECONDS = 600.0
_OTHER_DATA_ACCESS: tuple[DataAccess, ...] = ("hybrid", "api")


def main() -> int:
    """Run every scenario, print the tables, write `summary.json`."""
    arguments = _arguments()
    console = make_console()
    run = open_run("load")
    sizes = Sizes(pool=arguments.pool, workers=arguments.workers)
    outcomes: list[TopologyOutcome] = []
    guard = Guard()
    try:
        with LoadProcess(run.path / "load.log") as load:
            with _system(run, arguments.data_access) as (running, observers):
                phases = list(_phases(short=arguments.short, users=arguments.users))
                most = max(phase["users"] for phase in phases)
                accounts = make_accounts(running, max(most, 3 * sizes.pool, 2 * sizes.workers))
                system = ReferenceSystemLoad(
                    running, observers, accounts, run, arguments.data_access
                )
                _run_phases(system, load, phases, console)
                soak = _soak_seconds(arguments)
                if soak and system.verdict.progresses:
                    figures = system.soak(load, soak, arguments.rate)
                    console.print(
                        _line("reference system, soak", figures), markup=False, soft_wrap=True
                    )
                outcomes.append(system.outcome())
                _print_outcome(console, outcomes[-1])
                if not arguments.ours:
                    verification = Verification(
                        running.databases["backend"],
                        [each.subject for each in accounts],
                        sizes,
                        run,
                        lambda each: _print_outcome(console, each),
                    )
                    outcomes += verification.run(load, guard, short=arguments.short)
            if not (arguments.ours or arguments.short):
                for way in _OTHER_DATA_ACCESS:
                    outcomes.insert(1, _run_data_access(run, load, way, console))
    finally:
        guard.close()
    return _report(run, console, system.verdict, outcomes)


def _system(
    run: RunFolder, data_access: DataAccess
) -> AbstractContextManager[tuple[RunningSystem, dict[str, str]]]:
    folder = run.path if data_access == "direct" else run.path / data_access
    folder.mkdir(exist_ok=True)
    return observed_system(folder, think_ms=_THINK_MS, data_access=data_access)


def _run_phases(
    system: ReferenceSystemLoad, load: LoadProcess, phases: list[dict[str, Any]], console: Console
) -> None:
    _store_markers(system.running, system.accounts)
    for phase in phases:
        figures = system.phase(load, **phase)
        line = _line(f"reference system, {phase['name']}", figures)
        console.print(line, markup=False, soft_wrap=True)
        if figures["stalls"]:
            # A stalled system answers no later request.
            return


def _run_data_access(
    run: RunFolder, load: LoadProcess, data_access: DataAccess, console: Console
) -> TopologyOutcome:
    """Run fewer phases on the reference system with another way to the data."""
    with _system(run, data_access) as (running, observers):
        accounts = make_accounts(running, 100)
        system = ReferenceSystemLoad(running, observers, accounts, run, data_access)
        _run_phases(system, load, list(_phases(short=False, users=100, name=data_access)), console)
        _print_outcome(console, system.outcome())
        return system.outcome()


def _report(
    run: RunFolder, console: Console, verdict: ReferenceVerdict, outcomes: list[TopologyOutcome]
) -> int:
    """Print and keep the results; return the exit status."""
    run.write("boundaries.svg", boundaries_svg(outcomes))
    run.write_summary(
        {"topologies": [each.summarized() for each in outcomes], "ours": verdict.summarized()}
    )
    console.print(_table(outcomes))
    for problem in verdict.departures + verdict.cycles + verdict.grown:
        console.print(f"reference system: {problem}", markup=False, soft_wrap=True)
    good = verdict.passed and all(each.agree for each in outcomes)
    conclusion = "every boundary is as predicted, and the reference system has none"
    console.print(conclusion if good else "NOT as predicted; see summary.json")
    console.print(f"summary.json, boundaries.svg: {run.path}", markup=False, soft_wrap=True)
    return 0 if good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="loadtests",
        description="Does it stall? Topologies and the reference system under load.",
    )
    parser.add_argument("--short", action="store_true", help="only below and at the boundaries")
    parser.add_argument("--ours", action="store_true", help="only the reference system")
    parser.add_argument(
        "--users", type=int, default=0, help="concurrent chats on the reference system"
    )
    ways = ("direct", "api", "hybrid")
    parser.add_argument(
        "--data-access", choices=ways, default="direct", help="the MCP server's way to the data"
    )
    parser.add_argument(
        "--soak", type=float, help="seconds at a constant rate; 600, or none with --short"
    )
    parser.add_argument("--rate", type=float, default=4.0, help="arrivals a second in the soak")
    parser.add_argument("--pool", type=int, default=15, help="connections of a service's pool")
    parser.add_argument("--workers", type=int, default=40, help="worker threads of a service")
    return parser.parse_args()


def _soak_seconds(arguments: argparse.Namespace) -> float:
    if arguments.soak is not None:
        return float(arguments.soak)
    return 0.0 if arguments.short else _SOAK_SECONDS


def _phases(*, short: bool, users: int, name: str = "") -> Iterator[dict[str, Any]]:
    """Phases on the reference system: simultaneous chats, a ramp, a spike, a constant rate."""
    at_once = {"kind": "rounds", "path": "/api/chat", "body": {"message": "show my tasks"}}
    for count in [users] if users else [30] if short else [100, 500]:
        called = f"{name} {count} at once".strip()
        yield {"name": called, "users": count, **at_once, "rounds": 1, "seconds": 600.0}
    if not name:
        ramp = [(2.0, 5), (2.0, 15)] if short else [(5.0, 10), (5.0, 25), (10.0, 50)]
        yield {"name": "ramp", "users": ramp[-1][1], "kind": "people", "stages": ramp}
    if not short and not name:
        spike = [(5.0, 10), (8.0, 100), (5.0, 10)]
        yield {"name": "spike", "users": 100, "kind": "people", "stages": spike}
    rate, arriving = (5.0, 3.0) if short else (10.0, 20.0)
    arrive = {"kind": "arrivals", "rate": rate, "arriving": arriving, "seconds": arriving + 60.0}
    yield {"name": f"{name} {rate:.0f} arrivals a second".strip(), "users": 1, **arrive}


def _store_markers(running: RunningSystem, accounts: list[Account]) -> None:
    with (
        httpx2.Client(base_url=running.backend_url, timeout=60.0) as client,
        ThreadPoolExecutor(_SEEDING) as pool,
    ):

        def store(account: Account) -> None:
            call = add_task(account, running.mcp_url)
            client.post(call.path, json=call.body, headers=call.headers).raise_for_status()

        for done in [pool.submit(store, account) for account in accounts]:
            done.result()


def _line(name: str, figures: dict[str, Any]) -> str:
    return (
        f"{name}: {figures['requests']} requests, {figures['errors']} errors, "
        f"{figures['unfinished']} unfinished, {figures['stalls']} stalls, "
        f"{figures['foreign']} foreign of {figures['own']}, "
        f"p50 {figures['p50_ms']} ms, p95 {figures['p95_ms']} ms, p99 {figures['p99_ms']} ms"
    )


def _print_outcome(console: Console, outcome: TopologyOutcome) -> None:
    phases = ", ".join(
        f"{each['users']} at once: {'STALL' if each['stalls'] else 'answered'}"
        for each in outcome.phases
    )
    if outcome.open is not None:
        stalled, waiting = outcome.open["stalls"], outcome.open["unfinished"]
        phases += f", arrivals: {f'STALL, {waiting} waiting' if stalled else 'answered'}"
    console.print(f"{outcome.name}: {phases}", markup=False, soft_wrap=True)
    if outcome.observed_cycle:
        details = "; ".join(filter(None, (outcome.observed_cycle, outcome.pools)))
        console.print(f"    {details}", markup=False, soft_wrap=True)


def _table(outcomes: list[TopologyOutcome]) -> Table:
    table = Table(title="Predicted and observed boundaries", title_justify="left")
    table.add_column("topology", no_wrap=True)
    for column in ("predicted", "observed", "agree"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("observed cycle")
    for each in outcomes:
        table.add_row(
            each.name,
            str(each.predicted or "never"),
            str(each.observed or "never"),
            "yes" if each.agree else "NO",
            each.observed_cycle,
        )
    return table


if __name__ == "__main__":
    sys.exit(exit_status("loadtests", main))
