"""`python -m loadtests.replicas`: replicas are killed and added while users work and attack.

Two backends and three MCP servers behind HAProxy. Every ten seconds one of them is killed without
warning and another is started, while the isolation campaign runs and people write by REST, by MCP
and through the assistant. No finding, no stall, and everything that was acknowledged is there once.

Exit status: 0 it is so, 1 something crossed, was lost or stood still, 2 the run could not be made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from harness.environment.replicas import slots
from harness.errors import HarnessError
from harness.isolation.campaign import Campaign, CampaignOptions
from harness.isolation.reference import reference_target
from harness.isolation.target import Target
from harness.report.console import ConsoleReport
from harness.report.files import write_reports
from harness.report.runs import RunFolder, open_run
from harness.report.terminal import make_console
from harness.surface.patient import PatientSurface
from loadtests.acknowledged import People
from loadtests.killing import Killer
from loadtests.ours import make_accounts
from loadtests.tally import Tally

# Longer than the longest answer while a replica is missing; shorter than anybody would wait.
_STALL_SECONDS = 10.0


def main() -> int:
    """Run it, say what happened, write `summary.json`."""
    arguments = _arguments()
    console = make_console()
    run = open_run("replicas")
    options = CampaignOptions(calls=arguments.calls, seconds=arguments.seconds)
    if arguments.seed is not None:
        options = replace(options, seed=arguments.seed)
    replicas = {"backend": arguments.backends, "mcp": arguments.mcps}
    console.print(f"starting {replicas['backend']} backends and {replicas['mcp']} MCP servers")
    try:
        figures = _run(console, run, replicas, options, arguments)
    except HarnessError as error:
        console.print(f"loadtests.replicas: {error}", style="red", markup=False)
        return 2
    path = run.write_summary(figures)
    _say(console, figures, path)
    return 0 if figures["ok"] else 1


def _run(
    console: Console,
    run: RunFolder,
    replicas: Mapping[str, int],
    options: CampaignOptions,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    environment = ProcessEnvironment(ProcessOptions(run_folder=run.path, replicas=replicas))
    tally = Tally.create(_STALL_SECONDS)
    with environment as running:
        target, surfaces = _patient(running)
        accounts = make_accounts(running, arguments.people)
        people = People(running.backend_url, running.mcp_url, accounts, tally)
        killer = Killer(running, slots(replicas), arguments.every, options.seed)
        try:
            with people, killer:
                campaign = Campaign(
                    target, options, ConsoleReport(console, options.calls), run.path
                )
                result = campaign.run()
            write_reports(run, result)
            writes = people.read_back()
        finally:
            target.close()
    load = tally.figures()
    summary = result.summary()
    clean = summary["verdict"] == "clean" or not summary["findings"]
    intact = not (writes["lost"] or writes["duplicated"] or writes["foreign"])
    quiet = not (load["errors"] or load["stalls"] or load["foreign"] or load["unfinished"])
    enough = writes["acknowledged"] > 0 and killer.counted("killed") > 0
    return {
        "ok": clean and intact and quiet and enough and killer.failure is None,
        "replicas": dict(replicas),
        "killed": killer.counted("killed"),
        "started": killer.counted("started"),
        "failure": killer.failure,
        "writes": writes,
        "repeated": {
            "load": people.ledger.repeated,
            "campaign": sum(each.repeated for each in surfaces),
        },
        "load": load,
        "isolation": summary,
        "served": served(run.path / "logs", replicas),
        "events": [asdict(each) for each in killer.events],
    }


def _patient(running: RunningSystem) -> tuple[Target, list[PatientSurface]]:
    """The system as a target whose calls are repeated when a replica ends under them.

    Nothing is erased between examples: that would take the other people's writes as well.
    """
    target = reference_target(running, {"replicas": "killed"})
    wrapped = {id(each): PatientSurface(each) for each in target.surfaces.values()}
    surfaces = {name: wrapped[id(each)] for name, each in target.surfaces.items()}
    return replace(target, surfaces=surfaces, reset=None), list(wrapped.values())


def served(logs: Path, replicas: Mapping[str, int]) -> dict[str, int]:
    """How many requests each slot's log tells of."""
    counts = {}
    for name in (each for names in slots(replicas).values() for each in names):
        path = logs / f"{name}.log"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        counts[name] = text.count('"message": "request"')
    return counts


def _say(console: Console, figures: Mapping[str, Any], path: Path) -> None:
    writes, load = figures["writes"], figures["load"]
    lines = [
        f"replicas: {figures['killed']} killed, {figures['started']} started",
        "requests by replica: " + ", ".join(f"{k} {v}" for k, v in figures["served"].items()),
        f"campaign: {figures['isolation']['verdict']}, {figures['isolation']['calls']} calls, "
        f"{len(figures['isolation']['findings'])} findings",
        f"people: {load['requests']} requests, {load['errors']} errors, {load['stalls']} stalls, "
        f"{load['foreign']} with foreign texts; p50 {load['p50_ms']} ms, p99 {load['p99_ms']} ms",
        f"sent again: {figures['repeated']['load']} by people, "
        f"{figures['repeated']['campaign']} by the campaign",
        f"writes: {writes['acknowledged']} acknowledged, {writes['lost']} lost, "
        f"{writes['duplicated']} twice, {writes['foreign']} foreign",
        f"{'stands' if figures['ok'] else 'DOES NOT STAND'}; summary: {path}",
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    for sample in load["samples"]:
        console.print(f"  {sample}", markup=False, soft_wrap=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.replicas", description=__doc__)
    parser.add_argument("--backends", type=int, default=2)
    parser.add_argument("--mcps", type=int, default=3)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two kills")
    parser.add_argument("--people", type=int, default=8, help="who write meanwhile")
    parser.add_argument("--calls", type=int, default=2_400, help="of the campaign")
    parser.add_argument("--seconds", type=float, default=110.0, help="of the campaign")
    parser.add_argument("--seed", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
