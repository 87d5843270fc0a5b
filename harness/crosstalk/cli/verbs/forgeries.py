"""`crosstalk forgeries`: every forged credential against every surface."""

from __future__ import annotations

from typing import Annotated

import typer

from crosstalk.cli.machine import print_file
from crosstalk.cli.options import AsJson, Started
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.environment import DataAccess
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console


def forgeries(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this kind; may be repeated.")
    ] = None,
    mutant: Annotated[
        str | None, typer.Option(help="Try them on the system with this planted leak.")
    ] = None,
    data_access: Annotated[
        DataAccess,
        typer.Option(help="How the MCP server reaches data; by REST, the backend trusts it."),
    ] = "direct",
    environment: Started = "processes",
    as_json: AsJson = False,
) -> int:
    """Try every forged credential on every surface."""
    from crosstalk.campaign.forgeries import missed_controls, run_forgeries
    from crosstalk.report.forgery_table import LEGEND, forgery_lines, forgery_rows, print_forgeries
    from crosstalk.tokens import FORGERIES, get_forgery
    from crosstalk.tokens.controls import CONTROLS

    kinds = [get_forgery(each) for each in only or []] or list(FORGERIES)
    console = make_console(errors=as_json)
    folder = open_run(f"forgeries-{mutant}" if mutant else "forgeries")
    report, context = run_forgeries(
        kinds,
        mutant=mutant,
        data_access=data_access,
        environment=environment,
        folder=folder.path,
    )
    # They show that the whole trial can fail; a part of it need not show that again.
    missed = [] if only else missed_controls(context)
    print_forgeries(console, report)
    console.print(LEGEND, soft_wrap=True)
    lines = {(each.forgery, each.surface): forgery_lines(each, mutant) for each in report.accepted}
    for each in lines.values():
        console.print("\n".join(each), markup=False, soft_wrap=True)
    figures = report.summary()
    for each in figures["accepted"]:
        each["commands"] = lines[each["forgery"], each["surface"]]
    path = folder.write_summary(
        {**figures, "missed_controls": missed, "table": forgery_rows(report)}
    )
    if not only:
        caught = f"{len(CONTROLS) - len(missed)} of {len(CONTROLS)}"
        console.print(f"controls: {caught} verifiers that lack one check were caught")
    for check in missed:
        console.print(f"a verifier without {check!r} was not caught", style="red", markup=False)
    console.print(
        f"{report.verdict}: {figures['kinds']} kinds on {figures['surfaces']} surfaces, "
        f"{figures['attempts']} attempts, {len(figures['accepted'])} accepted; summary: {path}",
        markup=False,
        soft_wrap=True,
    )
    if as_json:
        print_file(path)
    return exit_code(report.verdict, ExitCode.FINDING if missed else ExitCode.CLEAN)
