"""`python -m loadtests`: the deadlock question, asked of running systems.

Exit status: 0 all topologies do what the model says and ours stands, 1 something differs, 2 the run
could not be made.
"""

from __future__ import annotations

import argparse
import sys

import httpx2
from rich.console import Console
from rich.table import Table

from harness.deadlock.topologies import Sizes
from harness.environment import ProcessEnvironment, ProcessOptions, RunningProcesses
from harness.environment.guard import Guard
from harness.errors import HarnessError
from harness.report.console import make_console
from harness.report.runs import open_run
from loadtests.load_process import LoadProcess
from loadtests.proof import Outcome, Proof
from loadtests.tally import Subject


def main() -> int:
    """Run everything, print the table, write `summary.json`."""
    arguments = _arguments()
    console = make_console()
    run = open_run("load")
    sizes = Sizes(pool=arguments.pool, workers=arguments.workers)
    options = ProcessOptions(run_folder=run.path, adversarial_model=False)
    with ProcessEnvironment(options) as running, LoadProcess(run.path / "load.log") as load:
        subjects = [Subject.create() for _ in range(2 * max(sizes.pool + 1, sizes.workers))]
        _store_markers(running, subjects)
        guard = Guard()
        try:
            proof = Proof(
                running.databases["backend"], subjects, sizes, run, lambda each: _say(console, each)
            )
            outcomes = proof.run(load, guard, short=arguments.short)
        finally:
            guard.close()
    run.write_summary({"topologies": [each.summarized() for each in outcomes]})
    console.print(_table(outcomes))
    console.print(f"summary.json: {run.path}", markup=False, soft_wrap=True)
    return 0 if all(each.agree for each in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loadtests", description="The deadlock question.")
    parser.add_argument("--short", action="store_true", help="below and at the boundaries only")
    parser.add_argument("--pool", type=int, default=15, help="connections of a service's pool")
    parser.add_argument("--workers", type=int, default=40, help="worker threads of a service")
    return parser.parse_args()


def _store_markers(running: RunningProcesses, subjects: list[Subject]) -> None:
    with httpx2.Client(base_url=running.backend_url, timeout=30.0) as client:
        for each in subjects:
            client.post(
                f"/api/{each.user}/tasks",
                json={"title": f"remember {each.marker}"},
                headers={"Authorization": f"Bearer {running.mint(each.user)}"},
            ).raise_for_status()


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
    sys.exit(status)
