"""Kills and adds replicas under load and a campaign: `python -m loadtests.scenarios.replicas`.

Two backends and three MCP servers run behind HAProxy. Every ten seconds one of them is killed
without warning and another is started, while the isolation campaign runs and users write by REST,
by MCP and through the assistant. There must be no finding and no stall, and every acknowledged
write must be stored once. The replicas are processes started here, or with `--attach` the
containers of compose's profile `replicas`, whose users sign up at the frontend.

Exit status: 0 passed; 1 data crossed, was lost, or the system stalled; 2 the run could not be made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from crosstalk.environment.backends.attached import AttachedEnvironment, Attachment
from crosstalk.environment.backends.replicas import slots
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.report.console import ConsoleReport
from crosstalk.report.files import write_reports
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
from crosstalk.surface.resending import PatientSurface
from crosstalk.targets.base import Target
from crosstalk.targets.reference.sign_in import SignIn
from crosstalk.targets.reference.target import reference_target
from loadtests.report.counts import Counts, MarkedSubject
from loadtests.scenarios.durability import WritingUsers
from loadtests.scenarios.reference_system import make_accounts
from loadtests.scenarios.replica_control import ComposeReplicas, ProcessReplicas, Replicas
from loadtests.scenarios.replica_killer import ReplicaKiller
from loadtests.users.accounts import Account

# Longer than the longest answer while a replica is missing; shorter than a user would wait.
_STALL_SECONDS = 10.0
# The frontend's tokens live five minutes; the rest is for reading back.
_TOKEN_SECONDS = 200.0


def main() -> int:
    """Run the scenario, print the result, write `summary.json`."""
    arguments = _arguments()
    console = make_console()
    run = open_run("replicas")
    options = CampaignOptions(calls=arguments.calls, seconds=arguments.seconds)
    if arguments.seed is not None:
        options = replace(options, seed=arguments.seed)
    where = f"compose's project {arguments.project!r}" if arguments.attach else "processes"
    console.print(f"replicas in {where}, one killed every {arguments.every:.0f} s", markup=False)
    figures = _run(console, run, options, arguments)
    path = run.write_summary(figures)
    _print(console, figures, path)
    return 0 if figures["ok"] else 1


def _run(
    console: Console, run: RunFolder, options: CampaignOptions, arguments: argparse.Namespace
) -> dict[str, Any]:
    counts = Counts.create(_STALL_SECONDS)
    with _replicated(run, arguments) as (running, replicas, accounts):
        target, surfaces = _patient(running)
        users = WritingUsers(running.backend_url, running.mcp_url, accounts, counts)
        killer = ReplicaKiller(replicas, arguments.every, options.seed)
        try:
            with users, killer:
                campaign = Campaign(
                    target, options, ConsoleReport(console, options.calls), run.path
                )
                result = campaign.run()
            write_reports(run, result)
            writes = users.read_back()
        finally:
            target.close()
        served = replicas.served()
    load = counts.figures()
    summary = result.summary()
    clean = summary["verdict"] == "clean" or not summary["findings"]
    intact = not (writes["lost"] or writes["duplicated"] or writes["foreign"])
    quiet = not (load["errors"] or load["stalls"] or load["foreign"] or load["unfinished"])
    enough = writes["acknowledged"] > 0 and killer.count("killed") > 0
    return {
        "ok": clean and intact and quiet and enough and killer.failure is None,
        "environment": running.kind,
        "killed": killer.count("killed"),
        "started": killer.count("started"),
        "failure": killer.failure,
        "writes": writes,
        "repeated": {
            "load": users.ledger.repeated,
            "campaign": sum(each.repeated for each in surfaces),
        },
        "load": load,
        "isolation": summary,
        "served": served,
        "events": [asdict(each) for each in killer.events],
    }


@contextmanager
def _replicated(
    run: RunFolder, arguments: argparse.Namespace
) -> Iterator[tuple[RunningSystem, Replicas, list[Account]]]:
    """Yield the system, its replicas that can be killed, and accounts of it."""
    if arguments.attach is not None:
        composed = ComposeReplicas(arguments.project)
        composed.require()
        # Nothing of it is erased: the database is only read.
        attachment = Attachment(arguments.attach, disposable_data=True)
        with AttachedEnvironment(attachment) as there, SignIn(there.frontend_url or "") as sign_in:
            yield there, composed, [_sign_up(there, sign_in) for _ in range(arguments.people)]
        return
    counts = {"backend": arguments.backends, "mcp": arguments.mcps}
    options = ProcessOptions(run_folder=run.path, replicas=counts)
    with ProcessEnvironment(options) as running:
        accounts = make_accounts(running, arguments.people)
        yield running, ProcessReplicas(running, slots(counts)), accounts


def _sign_up(running: RunningSystem, sign_in: SignIn) -> Account:
    """Sign up a user with tokens for both services."""
    subject = MarkedSubject.create()
    account = sign_in.sign_up(subject.user)
    tool_token = running.mint(account.subject, audience="mcp")
    return Account(MarkedSubject(account.subject, subject.marker), account.token(), tool_token)


def _patient(running: RunningSystem) -> tuple[Target, list[PatientSurface]]:
    """Return the system as a target whose calls are repeated when a replica ends meanwhile.

    Nothing is erased between examples: that would delete the other users' writes as well.
    """
    target = reference_target(running, {"replicas": "killed"})
    wrapped = {id(each): PatientSurface(each) for each in target.surfaces.values()}
    surfaces = {name: wrapped[id(each)] for name, each in target.surfaces.items()}
    return replace(target, surfaces=surfaces, reset=None), list(wrapped.values())


def _print(console: Console, figures: Mapping[str, Any], path: Path) -> None:
    writes, load = figures["writes"], figures["load"]
    lines = [
        f"replicas: {figures['killed']} killed, {figures['started']} started",
        "requests by replica: " + ", ".join(f"{k} {v}" for k, v in figures["served"].items()),
        f"campaign: {figures['isolation']['verdict']}, {figures['isolation']['calls']} calls, "
        f"{len(figures['isolation']['findings'])} findings",
        f"users: {load['requests']} requests, {load['errors']} errors, {load['stalls']} stalls, "
        f"{load['foreign']} with foreign texts; p50 {load['p50_ms']} ms, p99 {load['p99_ms']} ms",
        f"sent again: {figures['repeated']['load']} by users, "
        f"{figures['repeated']['campaign']} by the campaign",
        f"writes: {writes['acknowledged']} acknowledged, {writes['lost']} lost, "
        f"{writes['duplicated']} duplicated, {writes['foreign']} foreign",
        f"{'passed' if figures['ok'] else 'FAILED'}; summary: {path}",
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    for sample in load["samples"]:
        console.print(f"  {sample}", markup=False, soft_wrap=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.scenarios.replicas", description=__doc__
    )
    parser.add_argument("--backends", type=int, default=2)
    parser.add_argument("--mcps", type=int, default=3)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two kills")
    parser.add_argument("--people", type=int, default=8, help="users who write meanwhile")
    parser.add_argument("--calls", type=int, default=2_400, help="of the campaign")
    parser.add_argument("--seconds", type=float, default=110.0, help="of the campaign")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--attach", type=Path, metavar="FILE", help="settings of a compose project that runs here"
    )
    parser.add_argument("--project", default="crosstalk", help="that compose project's name")
    given = parser.parse_args()
    if given.attach is not None and given.seconds > _TOKEN_SECONDS:
        parser.error(f"--attach allows --seconds {_TOKEN_SECONDS:.0f}: the users' tokens end then")
    return given


if __name__ == "__main__":
    sys.exit(exit_status("loadtests.scenarios.replicas", main))
