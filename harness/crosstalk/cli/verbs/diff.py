"""`crosstalk diff`: two runs, and what is different in the newer one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crosstalk.cli.machine import print_json
from crosstalk.cli.options import AsJson, RunArgument
from crosstalk.core.paths import from_here
from crosstalk.report.run_folder import ROOT
from crosstalk.report.terminal import make_console, print_sentence

if TYPE_CHECKING:
    from crosstalk.report.run_difference import RunDifference


def diff(
    older: Annotated[Path, typer.Argument(help="Folder of a run, or its summary.json.")],
    newer: RunArgument = None,
    as_json: AsJson = False,
) -> int:
    """Compare runs: exit 1 if a finding appeared, 3 if something is no longer reached, else 0."""
    from crosstalk.report.coverage import latest_run, read_summary
    from crosstalk.report.run_difference import difference

    newest = newer or latest_run(ROOT)
    found = difference(read_summary(older), read_summary(newest))
    if as_json:
        print_json({"older": from_here(older), "newer": from_here(newest), **found.to_json()})
        return found.exit_code()
    console = make_console()
    print_sentence(console, f"from {from_here(older)} to {from_here(newest)}:")
    _print(console, found)
    return found.exit_code()


def _print(console: Console, found: RunDifference) -> None:
    parts = (
        ("appeared", found.appeared, "bold red"),
        ("gone", found.gone, "green"),
        ("not looked for any more", found.not_looked_for, "yellow"),
    )
    for name, findings, style in parts:
        for each in findings:
            text = f"{name}: {each['oracle']}: {each['summary']} ({each['fingerprint']})"
            print_sentence(console, text, style)
    for line in found.lost:
        print_sentence(console, f"no longer reached: {line}", "yellow")
    for line in found.gained:
        print_sentence(console, f"newly reached: {line}")
    print_sentence(
        console,
        f"{len(found.appeared)} appeared, {len(found.gone)} gone, {len(found.stayed)} stayed; "
        f"{len(found.lost) + len(found.not_looked_for)} no longer reached",
        "bold",
    )
