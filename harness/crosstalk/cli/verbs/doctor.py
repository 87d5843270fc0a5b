"""`crosstalk doctor`: a deployment from outside, and what to change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from rich.console import Console

from crosstalk.doctor import Entry, Options, Status, examine
from crosstalk.doctor.checklist import plain, walk
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console
from crosstalk.report.text import printable

_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red", Status.SKIP: "dim"}


def run(options: Options, *, as_json: bool, checklist: bool = False) -> int:
    """Examine and print; with `checklist` also the production checklist, item by item.

    Returns:
        0 when nothing failed, 1 otherwise.

    Raises:
        HarnessError: An address is no URL.
    """
    console = make_console()
    target = ""

    def tell(entry: Entry) -> None:
        nonlocal target
        if entry.target != target:
            target = entry.target
            console.print(printable(target), style="bold", markup=False)
        line = f"  {entry.status:4} {entry.check}: {printable(entry.found)}"
        console.print(line, style=_STYLES[entry.status], markup=False, soft_wrap=True)
        if entry.change:
            console.print(f"       change: {printable(entry.change)}", markup=False, soft_wrap=True)

    sheet, requests = examine(options, (lambda entry: None) if as_json else tell)
    summary = sheet.summary(requests=requests)
    if checklist:
        summary["checklist"] = plain(sheet.entries)
    path = open_run("doctor").write_summary(summary)
    if as_json:
        sys.stdout.write(json.dumps(summary, indent=2) + "\n")
    else:
        if checklist:
            _walk(console, sheet.entries)
        counts = {each: sum(entry.status is each for entry in sheet.entries) for each in Status}
        console.print(
            f"{sheet.verdict}: {counts[Status.OK]} ok, {counts[Status.WARN]} to improve, "
            f"{counts[Status.FAIL]} failed, {counts[Status.SKIP]} skipped, {requests} requests; "
            f"summary: {path}",
            markup=False,
            soft_wrap=True,
        )
    return 1 if sheet.verdict is Status.FAIL else 0


def _walk(console: Console, entries: Iterable[Entry]) -> None:
    """Every item of the checklist: what the checks said of it, or what to look at."""
    heading = ""
    for under, item, status in walk(entries):
        if under != heading:
            heading = under
            console.print(f"checklist: {heading}", style="bold", markup=False)
        mark = str(status) if status else "ask"
        style = _STYLES[status] if status else "cyan"
        console.print(f"  {mark:4} {item.title}", style=style, markup=False, soft_wrap=True)
        if item.ask:
            console.print(f"       look: {item.ask}", markup=False, soft_wrap=True)
