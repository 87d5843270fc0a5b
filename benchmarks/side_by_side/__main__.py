"""Runs the tools over the mutants and writes the table: `python -m benchmarks.side_by_side`.

A comparison takes about three minutes a mutant. Every report is cached; `--continue` resumes an
interrupted comparison, or adds tools or mutants to it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.side_by_side.cache import UNPATCHED, ReportCache
from benchmarks.side_by_side.runner import run_tool
from benchmarks.side_by_side.scoring import score_report
from benchmarks.side_by_side.selection import MUTANTS
from benchmarks.side_by_side.system_under_test import (
    SystemUnderTest,
    fresh_system,
    running_system,
    unstarted_system,
)
from benchmarks.side_by_side.table import as_data, as_markdown
from benchmarks.side_by_side.tools import Crosstalk, Tool, all_tools
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
from crosstalk.targets.mutants import get_mutant

_SEED = 1


def main() -> int:
    """Run what is missing, then write JSON and Markdown."""
    arguments = _arguments()
    console = make_console()
    tools = [each for each in all_tools() if not arguments.tool or each.name in arguments.tool]
    mutants = arguments.mutant or list(MUTANTS)
    run = RunFolder(arguments.resume) if arguments.resume else open_run("side-by-side")
    cache = ReportCache(run.path)
    systems: list[tuple[str | None, int]] = []
    if not arguments.only_table:
        systems += [(None, _SEED + number) for number in range(arguments.baselines)]
        systems += [(mutant, _SEED) for mutant in mutants]
    for mutant, seed in systems:
        _run_missing(console, run.path, cache, tools, mutant, seed)
    data = _data(cache, all_tools(), mutants)
    page = as_markdown(data)
    run.write_summary(data)
    run.write("side-by-side.md", page)
    if arguments.into:
        arguments.into.mkdir(parents=True, exist_ok=True)
        into = RunFolder(arguments.into)
        into.write("side-by-side.json", json.dumps(data, indent=2) + "\n")
        into.write("side-by-side.md", page)
    console.print(page.split("## What killed")[0], markup=False, soft_wrap=True)
    console.print(f"results: {run.path}", markup=False, soft_wrap=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side", description=__doc__)
    names = [each.name for each in all_tools()]
    parser.add_argument("--tool", action="append", choices=names, help="only this tool")
    parser.add_argument("--mutant", action="append", help="only this mutant")
    parser.add_argument(
        "--baselines", type=int, default=3, help="runs over the unpatched system, one a seed"
    )
    parser.add_argument("--continue", dest="resume", type=Path, help="folder of a run to resume")
    parser.add_argument("--only-table", action="store_true", help="run nothing that is missing")
    parser.add_argument("--into", type=Path, help="folder that also receives the table")
    return parser.parse_args()


def _run_missing(
    console: Console,
    folder: Path,
    cache: ReportCache,
    tools: Sequence[Tool],
    mutant: str | None,
    seed: int,
) -> None:
    """Run the tools that have no report of this system yet."""
    name = mutant or f"{UNPATCHED}-{seed}"
    missing = [tool for tool in tools if cache.get(name, tool.name) is None]
    if not missing:
        return
    console.print(f"{name}: starting", markup=False)

    def run(tool: Tool, system: SystemUnderTest) -> None:
        working = folder / "work" / name / tool.name
        number = sum(1 for _ in working.parent.glob(f"{tool.name}*"))
        report = run_tool(tool, system, working.with_name(f"{tool.name}.{number}"))
        cache.put(name, tool.name, report)
        result = report.failure or f"{len(report.findings)} findings"
        console.print(f"  {tool.name}: {result} ({report.seconds} s)", markup=False, soft_wrap=True)

    need_running = [each for each in missing if not isinstance(each, Crosstalk)]
    if need_running:
        with running_system(mutant, folder / "systems" / name) as running:
            for tool in need_running:
                with fresh_system(running, mutant, seed) as system:
                    run(tool, system)
    for tool in missing:
        if tool not in need_running:
            run(tool, unstarted_system(mutant, seed))


def _data(cache: ReportCache, tools: Sequence[Tool], mutants: Sequence[str]) -> dict[str, object]:
    """Build the table of the reports so far; a mutant without any report is left out."""
    mutants = [
        each for each in mutants if any(cache.get(each, tool.name) is not None for tool in tools)
    ]
    tried = [
        tool for tool in tools if any(cache.get(each, tool.name) is not None for each in mutants)
    ]
    baseline = {tool.name: list(cache.baseline(tool.name)) for tool in tried}
    reports = {
        tool.name: {
            mutant: report
            for mutant in mutants
            if (report := cache.get(mutant, tool.name)) is not None
        }
        for tool in tried
    }
    cells = {
        name: {mutant: score_report(report, baseline[name]) for mutant, report in of_tool.items()}
        for name, of_tool in reports.items()
    }
    shown = {name: next(iter(of_tool.values())) for name, of_tool in reports.items()}
    return as_data(tried, [get_mutant(each) for each in mutants], cells, baseline, shown)


if __name__ == "__main__":
    sys.exit(exit_status("side by side", main))
