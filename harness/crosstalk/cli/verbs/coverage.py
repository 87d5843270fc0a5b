"""`crosstalk coverage`: what the last run reached of everything that is offered."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crosstalk.core.paths import from_here
from crosstalk.report.run_folder import ROOT
from crosstalk.report.terminal import make_console, print_sentence

if TYPE_CHECKING:
    from crosstalk.report.coverage import RunCoverage

_STYLES = {"never called": "yellow", "not served": "yellow", "served": "", "skipped": "dim"}


def coverage(
    run: Annotated[
        Path | None,
        typer.Argument(help="Folder of a run, or its summary.json; the latest run by default."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show what the last run reached: exit 0 if everything was served and judged, 3 if not."""
    from crosstalk.report.coverage import coverage_of, latest_run, read_summary

    folder = run or latest_run(ROOT)
    summary = read_summary(folder)
    found = coverage_of(summary)
    if as_json:
        data = {"run": from_here(folder), "verdict": summary.get("verdict"), **found.to_json()}
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return found.exit_code()
    console = make_console()
    print_sentence(
        console,
        f"run {from_here(folder)}: {summary.get('verdict')}, {summary.get('calls')} calls, "
        f"seed {summary.get('seed')}",
    )
    _print(console, found)
    return found.exit_code()


def _print(console: Console, found: RunCoverage) -> None:
    from crosstalk.generator.situations import counts_in_words
    from crosstalk.report.tables import columns, print_table

    oracles = list(dict.fromkeys(name for each in found.operations for name in each.oracles))
    rows = [
        (
            each.name,
            f"{each.reached}: {each.reason}" if each.reason else str(each.reached),
            str(each.calls),
            "-" if each.answered is None else str(each.answered),
            str(each.foreign),
            *(str(each.oracles.get(name, 0)) for name in oracles),
        )
        for each in found.operations
    ]
    print_table(
        console,
        "What was reached, and how often each oracle could have fired",
        columns("operation", "reached", numbers=("calls", "answered", "foreign", *oracles)),
        rows,
        styles=[_STYLES[each.reached] for each in found.operations],
    )
    for each in found.operations:
        if each.unused and each.reached != "skipped":
            names = ", ".join(each.unused)
            print_sentence(console, f"{each.name}: never another user's id in {names}")
    for name in found.idle:
        print_sentence(console, f"oracle {name}: no opportunity in this run", "yellow")
    for name, reason in found.not_applicable.items():
        print_sentence(console, f"oracle {name}: not applicable, {reason}", "dim")
    if found.situations:
        made = ", ".join(counts_in_words(found.situations))
        print_sentence(console, f"situations made on purpose: {made}")
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    print_sentence(console, f"{len(found.operations)} offered: {counts or 'none'}", "bold")
