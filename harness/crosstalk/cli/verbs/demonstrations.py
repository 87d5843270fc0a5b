"""`crosstalk demonstrations`: the campaign against each auth pattern, careless and done right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.cli.verbs.isolation import run_campaign
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.console import ConsoleReport
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
from crosstalk.targets.demonstrations import DEMONSTRATIONS, Demonstration, get_demonstration
from crosstalk.targets.verification import Verified

# Several, because a careless pattern is careless in several ways.
_FINDINGS = 3


def run(
    *, only: Sequence[str], calls: int, seconds: float, seed: int | None, show: bool
) -> ExitCode:
    """Run them; a finding where one did not leak or hold as expected."""
    console = make_console()
    chosen = [get_demonstration(each) for each in only] or list(DEMONSTRATIONS.values())
    if show:
        console.print(_table(chosen, {}))
        return ExitCode.CLEAN
    folder = open_run("demonstrations")
    drawn = CampaignOptions(calls=calls, seconds=seconds, findings=_FINDINGS)
    options = (
        drawn
        if seed is None
        else CampaignOptions(calls=calls, seconds=seconds, findings=_FINDINGS, seed=seed)
    )
    results: dict[str, CampaignResult] = {}
    for each in chosen:
        console.rule(each.name)
        own = RunFolder(folder.path / each.name)
        emit = ConsoleReport(console, calls)
        results[each.name] = run_campaign(
            console, own, options, Verified(demonstration=each.name), emit
        )
    console.print(_table(chosen, results))
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
    return ExitCode.CLEAN if agree else ExitCode.FINDING


def _table(chosen: Sequence[Demonstration], results: Mapping[str, CampaignResult]) -> Table:
    table = Table("demonstration", "what it is", "expected", "verdict", "calls", "lesson")
    for each in chosen:
        result = results.get(each.name)
        verdict, calls = (result.verdict, str(result.calls)) if result else ("-", "-")
        table.add_row(each.name, each.title, each.expected, verdict, calls, each.lesson)
    return table
