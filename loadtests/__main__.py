"""`python -m loadtests`: the deadlock question, asked of running systems.

Exit status: 0 all topologies do what the model says and ours stands, 1 something differs, 2 the run
could not be made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from harness.deadlock.topologies import Sizes
from harness.environment import RunningSystem
from harness.environment.guard import Guard
from harness.errors import HarnessError
from harness.report.console import make_console
from harness.report.runs import open_run
from loadtests.accounts import Account
from loadtests.load_process import LoadProcess
from loadtests.ours import Ours, make_accounts, observed_system
from loadtests.picture import picture
from loadtests.proof import Outcome, Proof
from loadtests.requests import MIX, add_task

_THINK_MS = 200
_SEEDING = 8


def main() -> int:
    """Run everything, print the tables, write `summary.json`."""
    arguments = _arguments()
    console = make_console()
    run = open_run("load")
    sizes = Sizes(pool=arguments.pool, workers=arguments.workers)
    guard = Guard()
    try:
        with (
            observed_system(run.path, think_ms=_THINK_MS, data_access=arguments.data_access) as (
                running,
                observers,
            ),
            LoadProcess(run.path / "load.log") as load,
        ):
            phases = list(_phases(short=arguments.short, users=arguments.users))
            most = max(phase["users"] for phase in phases)
            accounts = make_accounts(running, max(most, 3 * sizes.pool, 2 * sizes.workers))
            _store_markers(running, accounts)
            _warm(running, accounts[0])
            ours = Ours(running, observers, accounts, run, arguments.data_access)
            for phase in phases:
                figures = ours.phase(load, **phase)
                console.print(_line(phase["name"], figures), markup=False, soft_wrap=True)
            if arguments.soak:
                figures = ours.soak(load, arguments.soak, arguments.rate)
                console.print(_line("soak", figures), markup=False, soft_wrap=True)
            proof = Proof(
                running.databases["backend"],
                [each.subject for each in accounts],
                sizes,
                run,
                lambda each: _say(console, each),
            )
            outcomes = [] if arguments.ours else proof.run(load, guard, short=arguments.short)
    finally:
        guard.close()
    run.write("boundaries.svg", picture(outcomes))
    verdict = ours.verdict
    run.write_summary(
        {"topologies": [each.summarized() for each in outcomes], "ours": verdict.summarized()}
    )
    if outcomes:
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
    parser.add_argument("--soak", type=float, default=0.0, help="seconds at a constant rate")
    parser.add_argument("--rate", type=float, default=5.0, help="arrivals a second in the soak")
    parser.add_argument("--pool", type=int, default=15, help="connections of a service's pool")
    parser.add_argument("--workers", type=int, default=40, help="worker threads of a service")
    return parser.parse_args()


def _phases(*, short: bool, users: int) -> Iterator[dict[str, Any]]:
    """What ours goes through: everybody at once, coming slowly, coming suddenly, arriving."""
    at_once = {"kind": "rounds", "path": "/api/chat", "body": {"message": "show my tasks"}}
    for count in [users] if users else [30] if short else [100, 500]:
        yield {"name": f"{count} at once", "users": count, **at_once, "rounds": 1, "seconds": 600.0}
    ramp = [(3.0, 5), (3.0, 15)] if short else [(5.0, 10), (5.0, 25), (10.0, 50)]
    yield {"name": "ramp", "users": ramp[-1][1], "kind": "people", "stages": ramp}
    if not short:
        spike = [(5.0, 10), (8.0, 100), (5.0, 10)]
        yield {"name": "spike", "users": 100, "kind": "people", "stages": spike}
    rate, arriving = (5.0, 4.0) if short else (10.0, 20.0)
    arrive = {"kind": "arrivals", "rate": rate, "arriving": arriving, "seconds": arriving + 60.0}
    yield {"name": f"{rate:.0f} arrivals a second", "users": 1, **arrive}


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


def _warm(running: RunningSystem, account: Account) -> None:
    """One request of each sort: keys are fetched when the first token needs them.

    With 500 chats at once on a system that had served nobody, the backend was too busy to publish
    its key to the MCP server in time.
    """
    with httpx2.Client(base_url=running.backend_url, timeout=60.0) as client:
        for make in MIX:
            call = make(account, running.mcp_url)
            client.request(call.method, call.path, json=call.body, headers=call.headers)


def _line(name: str, figures: dict[str, Any]) -> str:
    return (
        f"ours, {name}: {figures['requests']} requests, {figures['errors']} errors, "
        f"{figures['unfinished']} unfinished, {figures['stalls']} stalls, "
        f"{figures['foreign']} foreign of {figures['own']}, "
        f"p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms"
    )


def _say(console: Console, outcome: Outcome) -> None:
    phases = ", ".join(
        f"{each['users']} at once: {'STALL' if each['stalls'] else 'answered'}"
        for each in outcome.phases
    )
    console.print(f"{outcome.name}: {phases}", markup=False, soft_wrap=True)


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
    try:
        status = main()
    except HarnessError as error:
        sys.stderr.write(f"loadtests: {error}\n")
        status = 2
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
