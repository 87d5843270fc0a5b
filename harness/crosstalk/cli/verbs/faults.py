"""`crosstalk faults`: faults under load, and a ledger of acknowledged writes."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from crosstalk.cli.machine import print_file
from crosstalk.cli.options import AsJson, Seed
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console


def faults(
    short: Annotated[
        bool, typer.Option("--short", help="One of each family, in a minute; for CI.")
    ] = False,
    injections: Annotated[
        int | None, typer.Option(min=1, help="Inject at least this many faults.")
    ] = None,
    acknowledged: Annotated[
        int | None, typer.Option(min=0, help="Have at least this many writes acknowledged.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Begin no further round after this long.")
    ] = None,
    users: Annotated[int | None, typer.Option(min=1, help="Users who write at once.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this fault; may be repeated.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Run a schedule again that an earlier run has kept.")
    ] = None,
    control: Annotated[
        bool,
        typer.Option(help="Also run on a system that loses and duplicates writes."),
    ] = True,
    show: Annotated[bool, typer.Option("--list", help="Only list the faults.")] = False,
    seed: Seed = None,
    as_json: AsJson = False,
) -> int:
    """Inject faults while users write: nothing acknowledged may be lost or stored twice."""
    from crosstalk.faults.catalog import FAULTS
    from crosstalk.faults.controls import run_control
    from crosstalk.faults.run import FaultPlan, run_faults
    from crosstalk.faults.schedule import load_schedule
    from crosstalk.report.fault_table import (
        COUNTED,
        control_shown,
        fault_markdown,
        fault_rows,
        fault_summary,
    )

    console = make_console(errors=as_json)

    def tell(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    if show:
        for each in FAULTS.values():
            tell(f"{each.name}: {each.shortest:.1f} to {each.longest:.1f} s")
        return ExitCode.CLEAN
    seed = secrets.randbelow(2**31) if seed is None else seed
    given: dict[str, Any] = {
        "injections": injections,
        "acknowledged": acknowledged,
        "seconds": seconds,
        "users": users,
        "only": tuple(only) if only else None,
        "schedule": load_schedule(replay, FAULTS) if replay is not None else None,
    }
    plan = FaultPlan.short(seed) if short else FaultPlan(seed)
    plan = replace(plan, **{name: value for name, value in given.items() if value is not None})
    folder = open_run("faults")
    tell(f"faults on the reference system, seed {seed}")
    result = run_faults(plan, folder.path, tell)
    shown = run_control(folder.path / "control", tell) if control else None
    folder.write("faults.md", fault_markdown(fault_rows(result.injected)))
    path = folder.write_summary(fault_summary(result, seed, shown))
    if result.shrunk is not None:
        kept = folder.write("schedule.json", result.shrunk.dump())
        tell(f"shortest schedule found: crosstalk faults --replay {kept}")
    for sample in [one for each in result.rounds for one in each.findings.samples]:
        console.print(sample, style="red", markup=False, soft_wrap=True)
    if shown is not None:
        lost, doubled = shown.counts["lost"], shown.counts["duplicated"]
        said = "control" if control_shown(shown) else "control NOT SHOWN"
        tell(f"{said}: without keys and flushed commits {lost} lost, {doubled} duplicated")
    counts = ", ".join(f"{result.total(name)} {name}" for name in COUNTED)
    found = sum(result.found.values())
    tell(f"{len(result.injected)} injections: {counts}, {found} violations; summary: {path}")
    if as_json:
        print_file(path)
    if found:
        return ExitCode.FINDING
    missed = shown is not None and not control_shown(shown)
    enough = plan.reached(result) and not missed
    return exit_code(ExitCode.CLEAN if enough else ExitCode.INCONCLUSIVE)
