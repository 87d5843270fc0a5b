"""`python -m benchmarks.side_by_side`: run the tools over the mutants, and write the table.

A comparison takes about three minutes a mutant. It is kept reading by reading; `--continue` goes on
with one that was interrupted, or adds tools or mutants to it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.side_by_side.cache import UNPATCHED, Kept
from benchmarks.side_by_side.runner import perform
from benchmarks.side_by_side.scoring import compare
from benchmarks.side_by_side.selection import MUTANTS
from benchmarks.side_by_side.subject import Subject, fresh_subject, running_system, unstarted
from benchmarks.side_by_side.table import as_data, as_markdown
from benchmarks.side_by_side.tools import Crosstalk, Tool, all_tools
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
from crosstalk.targets.mutants import get_mutant

_SEED = 1


def main() -> int:
    """Run what is missing, then write JSON and Markdown; 0 when every reading was made."""
    arguments = _arguments()
    console = make_console()
    tools = [each for each in all_tools() if not arguments.tool or each.name in arguments.tool]
    mutants = arguments.mutant or list(MUTANTS)
    run = RunFolder(arguments.resume) if arguments.resume else open_run("side-by-side")
    kept = Kept(run.path)
    systems: list[tuple[str | None, int]] = []
    if not arguments.only_table:
        systems += [(None, _SEED + number) for number in range(arguments.baselines)]
        systems += [(mutant, _SEED) for mutant in mutants]
    for mutant, seed in systems:
        _readings(console, run.path, kept, tools, mutant, seed)
    data = _data(kept, all_tools(), mutants)
    page = as_markdown(data)
    run.write_summary(data)
    run.write("side-by-side.md", page)
    if arguments.into:
        arguments.into.mkdir(parents=True, exist_ok=True)
        into = RunFolder(arguments.into)
        into.write("side-by-side.json", json.dumps(data, indent=2) + "\n")
        into.write("side-by-side.md", page)
    console.print(page.split("## What killed")[0], markup=False, soft_wrap=True)
    console.print(f"all of it: {run.path}", markup=False, soft_wrap=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side", description=__doc__)
    names = [each.name for each in all_tools()]
    parser.add_argument("--tool", action="append", choices=names, help="only this tool")
    parser.add_argument("--mutant", action="append", help="only this mutant")
    parser.add_argument(
        "--baselines", type=int, default=3, help="runs over the unpatched system, one a seed"
    )
    parser.add_argument(
        "--continue", dest="resume", type=Path, help="folder of a run to go on with"
    )
    parser.add_argument("--only-table", action="store_true", help="run nothing that is missing")
    parser.add_argument("--into", type=Path, help="folder that receives the table as well")
    return parser.parse_args()


def _readings(
    console: Console,
    folder: Path,
    kept: Kept,
    tools: Sequence[Tool],
    mutant: str | None,
    seed: int,
) -> None:
    """Run the tools that have not said anything about a system yet."""
    system = mutant or f"{UNPATCHED}-{seed}"
    missing = [tool for tool in tools if kept.get(system, tool.name) is None]
    if not missing:
        return
    console.print(f"{system}: starting", markup=False)

    def read(tool: Tool, subject: Subject) -> None:
        working = folder / "work" / system / tool.name
        number = sum(1 for _ in working.parent.glob(f"{tool.name}*"))
        reading = perform(tool, subject, working.with_name(f"{tool.name}.{number}"))
        kept.put(system, tool.name, reading)
        said = reading.failure or f"{len(reading.findings)} findings"
        console.print(f"  {tool.name}: {said} ({reading.seconds} s)", markup=False, soft_wrap=True)

    shown_it = [each for each in missing if not isinstance(each, Crosstalk)]
    if shown_it:
        with running_system(mutant, folder / "systems" / system) as running:
            for tool in shown_it:
                with fresh_subject(running, mutant, seed) as subject:
                    read(tool, subject)
    for tool in missing:
        if tool not in shown_it:
            read(tool, unstarted(mutant, seed))


def _data(kept: Kept, tools: Sequence[Tool], mutants: Sequence[str]) -> dict[str, object]:
    """The table of what has been read so far; a mutant that nobody has been shown is left out."""
    mutants = [
        each for each in mutants if any(kept.get(each, tool.name) is not None for tool in tools)
    ]
    tried = [
        tool for tool in tools if any(kept.get(each, tool.name) is not None for each in mutants)
    ]
    baseline = {tool.name: list(kept.baseline(tool.name)) for tool in tried}
    readings = {
        tool.name: {
            mutant: reading
            for mutant in mutants
            if (reading := kept.get(mutant, tool.name)) is not None
        }
        for tool in tried
    }
    cells = {
        name: {mutant: compare(reading, baseline[name]) for mutant, reading in of_tool.items()}
        for name, of_tool in readings.items()
    }
    shown = {name: next(iter(of_tool.values())) for name, of_tool in readings.items()}
    return as_data(tried, [get_mutant(each) for each in mutants], cells, baseline, shown)


if __name__ == "__main__":
    sys.exit(exit_status("side by side", main))
