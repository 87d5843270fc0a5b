"""`crosstalk doctor`: checks a deployment from outside, and says what to change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from rich.console import Console

from crosstalk.core.exit_codes import ExitCode
from crosstalk.doctor import CheckResult, Options, Status, diagnose
from crosstalk.doctor.checklist import plain, walk
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console
from crosstalk.report.text import printable

_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red", Status.SKIP: "dim"}


def run(options: Options, *, as_json: bool, checklist: bool = False) -> ExitCode:
    """Run the checks and print them; with `checklist` also the production checklist.

    Returns:
        Clean when nothing failed; a failed target when nothing answered; a finding otherwise.

    Raises:
        HarnessError: An address is not a URL.
    """
    console = make_console()
    target = ""

    def tell(entry: CheckResult) -> None:
        nonlocal target
        if entry.target != target:
            target = entry.target
            console.print(printable(target), style="bold", markup=False)
        line = f"  {entry.status:4} {entry.check}: {printable(entry.found)}"
        console.print(line, style=_STYLES[entry.status], markup=False, soft_wrap=True)
        if entry.change:
            console.print(f"       change: {printable(entry.change)}", markup=False, soft_wrap=True)

    report, requests = diagnose(options, (lambda entry: None) if as_json else tell)
    summary = report.summary(requests=requests)
    if checklist:
        summary["checklist"] = plain(report.results)
    path = open_run("doctor").write_summary(summary)
    if as_json:
        sys.stdout.write(json.dumps(summary, indent=2) + "\n")
    else:
        if checklist:
            _walk(console, report.results)
        counts = {each: sum(entry.status is each for entry in report.results) for each in Status}
        console.print(
            f"{report.verdict}: {counts[Status.OK]} ok, {counts[Status.WARN]} to improve, "
            f"{counts[Status.FAIL]} failed, {counts[Status.SKIP]} skipped, {requests} requests; "
            f"summary: {path}",
            markup=False,
            soft_wrap=True,
        )
    reached = {each.status for each in report.results if each.check == "reachable"}
    if reached == {Status.FAIL}:
        return ExitCode.TARGET_FAILED
    return ExitCode.FINDING if report.verdict is Status.FAIL else ExitCode.CLEAN


def _walk(console: Console, results: Iterable[CheckResult]) -> None:
    """Print every item of the checklist with its status, or where to look."""
    heading = ""
    for under, item, status in walk(results):
        if under != heading:
            heading = under
            console.print(f"checklist: {heading}", style="bold", markup=False)
        mark = str(status) if status else "ask"
        style = _STYLES[status] if status else "cyan"
        console.print(f"  {mark:4} {item.title}", style=style, markup=False, soft_wrap=True)
        if item.ask:
            console.print(f"       look: {item.ask}", markup=False, soft_wrap=True)
