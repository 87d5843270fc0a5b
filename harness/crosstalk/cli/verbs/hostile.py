"""`crosstalk hostile`: hostile input for every parser, beside a victim whose waits are measured."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import Annotated, Any

import typer

from crosstalk.cli.machine import print_file
from crosstalk.cli.options import AsJson, Seed
from crosstalk.core.exit_codes import ExitCode
from crosstalk.environment import DataAccess
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console


def hostile(
    short: Annotated[
        bool,
        typer.Option("--short", help="Some thousand inputs, the victim not judged; for CI."),
    ] = False,
    inputs: Annotated[int | None, typer.Option(min=1, help="Number of inputs.")] = None,
    per_second: Annotated[
        float | None, typer.Option(min=1, help="Requests a second, harmless and hostile alike.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this surface; may be repeated.")
    ] = None,
    data_access: Annotated[
        DataAccess, typer.Option(help="How the MCP server reaches data.")
    ] = "direct",
    stateful: Annotated[
        bool, typer.Option("--mcp-sessions", help="The MCP server keeps sessions.")
    ] = False,
    show: Annotated[bool, typer.Option("--list", help="Only list the surfaces.")] = False,
    seed: Seed = None,
    as_json: AsJson = False,
) -> int:
    """Send hostile input to every parser: no 5xx, no hang, no other user who waits for it."""
    from crosstalk.hostile.corpus import CORPORA
    from crosstalk.hostile.session import HostilePlan, run_hostile
    from crosstalk.report.hostile_table import exceeded, hostile_markdown, hostile_summary

    console = make_console(errors=as_json)

    def tell(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    if show:
        for name in CORPORA:
            tell(name)
        return ExitCode.CLEAN
    seed = secrets.randbelow(2**31) if seed is None else seed
    given: dict[str, Any] = {
        "inputs": inputs,
        "per_second": per_second,
        "only": tuple(only) if only else None,
        "data_access": data_access,
        "stateful": stateful,
    }
    plan = HostilePlan.short(seed) if short else HostilePlan(seed)
    plan = replace(plan, **{name: value for name, value in given.items() if value is not None})
    folder, began = open_run("hostile"), time.monotonic()
    tell(f"hostile input for the reference system, seed {seed}")
    result = run_hostile(plan, folder.path, tell)
    folder.write("hostile.md", hostile_markdown(result))
    path = folder.write_summary(hostile_summary(result, seed, time.monotonic() - began))
    over = exceeded(result, judged=not short)
    for line in (*result.samples, *over):
        console.print(line, style="red", markup=False, soft_wrap=True)
    tell(
        f"{result.inputs.total()} inputs at {result.rate} a second: "
        f"{result.found['server error']} server errors, {result.found['hang']} hangs, "
        f"{result.found['foreign']} with foreign text, "
        f"{result.found['outside the envelope']} outside the envelope; "
        f"victim's p99 {result.ratio()} times that beside harmless requests; summary: {path}"
    )
    if as_json:
        print_file(path)
    return ExitCode.FINDING if result.found or over else ExitCode.CLEAN
