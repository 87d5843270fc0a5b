"""`crosstalk doctor`: checks a deployment from outside and by its logs, and says what to change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console
from crosstalk.report.text import printable

if TYPE_CHECKING:
    from crosstalk.doctor import CheckResult

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red", "skip": "dim"}


def doctor(
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL]...",
            help="The backend's URL, the MCP endpoint's, the front end's; what each is, is found "
            "out, or said by backend=URL, mcp=URL, frontend=URL.",
        ),
    ] = None,
    logs: Annotated[
        Path | None,
        typer.Option(help="A folder with log files of the services, or one file."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="CROSSTALK_TOKEN", help="A user's token for the backend."),
    ] = None,
    mcp_token: Annotated[
        str | None,
        typer.Option(envvar="CROSSTALK_MCP_TOKEN", help="A token for the MCP server."),
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="An origin whose pages call the backend.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=60, help="Seconds a request.")] = 5.0,
    ca_file: Annotated[
        Path | None, typer.Option(help="Certificates of a private authority (PEM).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    checklist: Annotated[
        bool, typer.Option(help="Walk through the production checklist as well.")
    ] = False,
) -> int:
    """Check a deployment from outside, or its logs: exit 1 for a failed check, 4 for no answer."""
    from crosstalk.doctor import Options, Status, diagnose
    from crosstalk.doctor.checklist import plain
    from crosstalk.doctor.logs import diagnose_logs

    if not urls and logs is None:
        raise HarnessError("name the deployment's URLs, or a folder with its logs: --logs FOLDER")
    options = Options(
        urls=urls or (),
        token=token,
        mcp_token=mcp_token,
        origins=origin or (),
        timeout=timeout,
        ca_file=ca_file,
    )
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
    if logs is not None:
        told = diagnose_logs(logs)
        report.results += told.results
        for entry in () if as_json else told.results:
            tell(entry)
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
    from crosstalk.doctor.checklist import walk

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
