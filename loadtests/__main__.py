"""`python -m loadtests`: the deadlock question, asked of running systems.

Exit status: 0 all topologies do what the model says and ours stands, 1 something differs, 2 the run
could not be made.
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
from loadtests.report.outcome import Outcome
from loadtests.report.picture import picture
from loadtests.scenarios.load_process import LoadProcess
from loadtests.scenarios.reference_system import Ours, Verdict, make_accounts, observed_system
from loadtests.scenarios.verification import Proof
from loadtests.users.accounts import Account

_THINK_MS = 200
_SEEDING = 8
_SOAK_SECONDS = 600.0
_OTHER_WAYS: tuple[DataAccess, ...] = ("hybrid", "api")


def main() -> int:
    """Run everything, print the tables, write `summary.json`."""
    arguments = _arguments()
    console = make_console()
    run = open_run("load")
    sizes = Sizes(pool=arguments.pool, workers=arguments.workers)
    outcomes: list[Outcome] = []
    guard = Guard()
    try:
        with LoadProcess(run.path / "load.log") as load:
            with _system(run, arguments.data_access) as (running, observers):
                phases = list(_phases(short=arguments.short, users=arguments.users))
                most = max(phase["users"] for phase in phases)
                accounts = make_accounts(running, max(most, 3 * sizes.pool, 2 * sizes.workers))
                ours = Ours(running, observers, accounts, run, arguments.data_access)
                _go_through(ours, load, phases, console)
                soak = _soak_seconds(arguments)
                if soak and ours.verdict.moves:
                    figures = ours.soak(load, soak, arguments.rate)
                    console.print(_line("ours, soak", figures), markup=False, soft_wrap=True)
                outcomes.append(ours.outcome())
                _say(console, outcomes[-1])
                if not arguments.ours:
                    proof = Proof(
                        running.databases["backend"],
                        [each.subject for each in accounts],
                        sizes,
                        run,
                        lambda each: _say(console, each),
                    )
                    outcomes += proof.run(load, guard, short=arguments.short)
            if not (arguments.ours or arguments.short):
                for way in _OTHER_WAYS:
                    outcomes.insert(1, _another_way(run, load, way, console))
    finally:
        guard.close()
    return _judge(run, console, ours.verdict, outcomes)


def _system(
    run: RunFolder, data_access: DataAccess
) -> AbstractContextManager[tuple[RunningSystem, dict[str, str]]]:
    folder = run.path if data_access == "direct" else run.path / data_access
    folder.mkdir(exist_ok=True)
    return observed_system(folder, think_ms=_THINK_MS, data_access=data_access)


def _go_through(
    ours: Ours, load: LoadProcess, phases: list[dict[str, Any]], console: Console
) -> None:
    _store_markers(ours.running, ours.accounts)
    for phase in phases:
        figures = ours.phase(load, **phase)
        line = _line(f"ours, {phase['name']}", figures)
        console.print(line, markup=False, soft_wrap=True)
        if figures["stalls"]:
            # What stands still answers nobody who comes later.
            return


def _another_way(
    run: RunFolder, load: LoadProcess, data_access: DataAccess, console: Console
) -> Outcome:
    """Our system with another way to the data, with fewer phases."""
    with _system(run, data_access) as (running, observers):
        ours = Ours(running, observers, make_accounts(running, 100), run, data_access)
        _go_through(ours, load, list(_phases(short=False, users=100, name=data_access)), console)
        _say(console, ours.outcome())
        return ours.outcome()


def _judge(run: RunFolder, console: Console, verdict: Verdict, outcomes: list[Outcome]) -> int:
    """Say and keep what became of everything; the exit status."""
    run.write("boundaries.svg", picture(outcomes))
    run.write_summary(
        {"topologies": [each.summarized() for each in outcomes], "ours": verdict.summarized()}
    )
    console.print(_table(outcomes))
    for problem in verdict.departures + verdict.circles + verdict.grown:
        console.print(f"ours: {problem}", markup=False, soft_wrap=True)
    good = verdict.stands and all(each.agree for each in outcomes)
    said = "every boundary is where the model says, and ours has none"
    console.print(said if good else "NOT as the model says; see summary.json")
    console.print(f"summary.json, boundaries.svg: {run.path}", markup=False, soft_wrap=True)
    return 0 if good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loadtests", description="The deadlock question.")
    parser.add_argument("--short", action="store_true", help="below and at the boundaries only")
    parser.add_argument("--ours", action="store_true", help="only our own system")
    parser.add_argument("--users", type=int, default=0, help="chats at once on ours")
    ways = ("direct", "api", "hybrid")
    parser.add_argument("--data-access", choices=ways, default="direct", help="of our MCP server")
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
    """What ours goes through: everybody at once, coming slowly, coming suddenly, arriving."""
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


def _say(console: Console, outcome: Outcome) -> None:
    phases = ", ".join(
        f"{each['users']} at once: {'STALL' if each['stalls'] else 'answered'}"
        for each in outcome.phases
    )
    if outcome.open is not None:
        stalled, waiting = outcome.open["stalls"], outcome.open["unfinished"]
        phases += f", arrivals: {f'STALL, {waiting} waiting' if stalled else 'answered'}"
    console.print(f"{outcome.name}: {phases}", markup=False, soft_wrap=True)
    if outcome.observed_cycle:
        said = "; ".join(filter(None, (outcome.observed_cycle, outcome.pools)))
        console.print(f"    {said}", markup=False, soft_wrap=True)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(title="Predicted and observed boundaries", title_justify="left")
    table.add_column("topology", no_wrap=True)
    for column in ("predicted", "observed", "agree"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("circle seen")
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
