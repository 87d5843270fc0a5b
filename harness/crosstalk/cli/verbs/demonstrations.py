"""`crosstalk demonstrations`: the campaign against each auth pattern, careless and done right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crosstalk.campaign.options import CampaignOptions
from crosstalk.cli.machine import print_file
from crosstalk.cli.options import AsJson, Seed
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_folder import open_run
from crosstalk.report.tables import columns, print_table
from crosstalk.report.terminal import make_console

if TYPE_CHECKING:
    from crosstalk.campaign.result import CampaignResult
    from crosstalk.targets.demonstrations import Demonstration

# Several, because a careless pattern is careless in several ways.
_FINDINGS = 3


def demonstrations(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this one; may be repeated.")
    ] = None,
    calls: Annotated[
        int, typer.Option(min=50, help="Stop each after about this many calls.")
    ] = 600,
    seconds: Annotated[
        float, typer.Option(min=1, help="Stop each after this many seconds.")
    ] = 30.0,
    seed: Seed = None,
    show: Annotated[bool, typer.Option("--list", help="Only list them.")] = False,
    as_json: AsJson = False,
) -> int:
    """Run the campaign against well-known insecure auth patterns, and their secure forms."""
    from crosstalk.campaign.running import run_campaign
    from crosstalk.report.console import ConsoleReport
    from crosstalk.targets.demonstrations import DEMONSTRATIONS, get_demonstration
    from crosstalk.targets.verification import Verified

    console = make_console(errors=as_json)
    chosen = [get_demonstration(each) for each in only or []] or list(DEMONSTRATIONS.values())
    if show:
        _print_table(console, chosen, {})
        return ExitCode.CLEAN
    folder = open_run("demonstrations")
    options = CampaignOptions(calls=calls, seconds=seconds, findings=_FINDINGS)
    if seed is not None:
        options = replace(options, seed=seed)
    results: dict[str, CampaignResult] = {}
    for each in chosen:
        console.rule(each.name)
        verified = Verified(demonstration=each.name)
        console.print(verified.announcement(), markup=False, soft_wrap=True)
        emit = ConsoleReport(console, calls)
        with emit.kept_alive():
            results[each.name] = run_campaign(folder.path / each.name, options, verified, emit)
    _print_table(console, chosen, results)
    agree = all(results[each.name].verdict == each.expected for each in chosen)
    path = folder.write_summary(
        {
            "ok": agree,
            "demonstrations": {
                each.name: {"expected": each.expected, **results[each.name].summary()}
                for each in chosen
            },
        }
    )
    console.print(f"{'as expected' if agree else 'NOT AS EXPECTED'}; summary: {path}", markup=False)
    if as_json:
        print_file(path)
    return ExitCode.CLEAN if agree else ExitCode.FINDING


def _print_table(
    console: Console, chosen: Sequence[Demonstration], results: Mapping[str, CampaignResult]
) -> None:
    rows = []
    for each in chosen:
        result = results.get(each.name)
        verdict, calls = (result.verdict, str(result.calls)) if result else ("-", "-")
        rows.append((each.name, each.title, each.expected, verdict, calls, each.lesson))
    heads = columns("demonstration", "what it is", "expected", "verdict", "calls", "lesson")
    print_table(console, "", heads, rows)
