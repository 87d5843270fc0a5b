"""Runs benchmarks and writes `summary.json` and `results.md`: `python -m benchmarks [NAME...]`.

Exit status: 0 every goal is met, 1 a goal is missed or undecided, or a benchmark could not be
measured, 2 the
run could not be made. Runs of different machines cannot be compared. The event loop is the
services' own.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys

import uvloop

from benchmarks import results
from benchmarks.figures import Figure
from benchmarks.fixture import Fixture
from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console

# Name to module; each has `async def measure(fixture: Fixture) -> list[Figure]` and a docstring.
BENCHMARKS = {
    "bridge": "benchmarks.bridge",
    "listing": "benchmarks.listing",
    "token-check": "benchmarks.token_check",
    "chats": "benchmarks.chats",
    "campaign-throughput": "benchmarks.campaign_throughput",
    "turns": "benchmarks.agent_queue",
    "start-to-ready": "benchmarks.start_to_ready",
}


def main() -> int:
    """Run the named benchmarks, or all of them."""
    arguments = _arguments()
    console = make_console()
    run = open_run("benchmarks")
    figures: list[Figure] = []
    missing: list[str] = []
    with Fixture(run.path, rounds=arguments.rounds, seconds=arguments.seconds) as fixture:
        for name in arguments.names or BENCHMARKS:
            measure = importlib.import_module(BENCHMARKS[name]).measure
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    found: list[Figure] = runner.run(measure(fixture))
            except HarnessError as error:
                missing.append(f"{name}: {error}")
                console.print(f"{name}: NOT MEASURED: {error}", markup=False, soft_wrap=True)
                continue
            figures += found
            results.write(run, figures, missing)
            for each in found:
                console.print(_line(each), markup=False, soft_wrap=True)
    results.write(run, figures, missing)
    console.print(f"summary.json, results.md: {run.path}", markup=False, soft_wrap=True)
    for said in (*missing, *results.conclusions(figures)):
        console.print(said, markup=False, soft_wrap=True)
    return 1 if missing or any(each.met is False for each in figures) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks", description="Ratios of alternating measurements."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    least = "counted rounds of each figure, at least: more are made until it is steady"
    parser.add_argument("--rounds", type=int, default=7, help=least)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one measurement")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}")
    return arguments


def _line(figure: Figure) -> str:
    row = figure.summarized()
    goal = f", goal {row['goal']}: {str(figure.verdict).upper()}" if figure.goal else ""
    return (
        f"{figure.name}: {row['ratio']} ({row['middle'][0]} to {row['middle'][1]}); "
        f"system {row['ours']}, anchor {row['anchor']} {figure.unit}{goal}"
    )


if __name__ == "__main__":
    sys.exit(exit_status("benchmarks", main))
