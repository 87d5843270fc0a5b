"""`crosstalk isolation`, `crosstalk replay` and `crosstalk demo`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast, get_args

from rich.console import Console

from crosstalk.campaign.events import Emit, Event
from crosstalk.campaign.example_database import open_examples
from crosstalk.campaign.merge import cut_short, merged
from crosstalk.campaign.options import CampaignOptions, Profile, options_of
from crosstalk.campaign.provenance import provenance
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.campaign.shards import Shard, results_of, shards_of
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.core.history import Outcome
from crosstalk.core.paths import from_here
from crosstalk.core.verdict import InconclusiveKind
from crosstalk.environment import DataAccess, Kind, Pooler
from crosstalk.execution.replay import load
from crosstalk.report.console import ConsoleReport
from crosstalk.report.files import write_reports
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
from crosstalk.targets.mutants import get_mutant
from crosstalk.targets.verification import Verified

_CUT_SHORT = InconclusiveKind.CUT_SHORT
_KINDS = {
    ExitCode.TARGET_FAILED: InconclusiveKind.TARGET_FAILED,
    ExitCode.INTERNAL_ERROR: InconclusiveKind.INTERNAL_ERROR,
    ExitCode.INTERRUPTED: InconclusiveKind.INTERRUPTED,
}


def run_campaign(
    console: Console,
    run: RunFolder,
    options: CampaignOptions,
    verified: Verified,
    emit: Emit,
    examples: str | None = None,
) -> CampaignResult:
    """Start what is verified, run one campaign, end it."""
    console.print(verified.announcement(), markup=False, soft_wrap=True)
    with verified.running(run.path) as target:
        kept = open_examples(examples, target.about) if examples else None
        result = Campaign(target, options, emit, run.path, examples=kept).run()
        result.provenance = provenance(options, target.about, verified.described)
        return result


def run(
    verified: Verified,
    *,
    calls: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    profile: Profile = "standard",
    shards: int = 1,
    seeds: int = 1,
    examples: str | None = None,
    stop_at_first: bool = False,
) -> ExitCode:
    """Run campaigns, write their reports, and return the code of what they came to."""
    console = make_console()
    verified.require_sense()
    if shards > 1 and (verified.described or verified.environment != "processes"):
        raise HarnessError("each shard starts a system of its own: leave out --shards")
    folder = open_run(f"isolation-{verified.name}" if verified.name else "isolation")
    options = options_of(
        profile, calls=calls, seconds=seconds, seed=seed, stop_at_first=stop_at_first
    )
    if shards > 1 or seeds > 1:
        result, single = _run_many(
            console,
            folder,
            shards_of(
                options,
                shards=shards,
                seeds=seeds,
                folder=folder.path,
                verified=verified,
                examples=examples,
            ),
        )
        result.provenance = provenance(options, verified.about, verified.described)
        summary = {**result.summary(), "shards": shards, "campaigns": single}
    else:
        emit = ConsoleReport(console, options.calls)
        result = run_campaign(console, folder, options, verified, emit, examples)
        summary = result.summary()
    result.target_file = from_here(verified.described) if verified.described else None
    path = folder.write_summary({**summary, "profile": profile})
    write_reports(folder, result)
    console.print(f"summary: {path}, reports beside it", markup=False, soft_wrap=True)
    return result.exit_code()


def _run_many(
    console: Console, run: RunFolder, shards: Sequence[Shard]
) -> tuple[CampaignResult, list[dict[str, Any]]]:
    """All campaigns of the shards: what they come to together, and a line about each."""
    total = sum(len(each.campaigns) for each in shards)
    console.print(f"{total} campaigns, {len(shards)} at once, each shard with its own system")
    results: list[CampaignResult] = []
    began, stopped = time.monotonic(), None
    try:
        for result in results_of(shards):
            results.append(result)
            console.print(
                f"{len(results):3d}/{total}  seed {result.seed}: {result.verdict}, {result.calls} "
                f"calls in {result.seconds:.0f} s",
                markup=False,
            )
    except (HarnessError, KeyboardInterrupt) as error:
        # What was had until then is reported: hours may be behind it.
        if not results:
            raise
        stopped = error
    # Some were one after the other, some at once.
    together = replace(merged(results), seconds=time.monotonic() - began)
    if stopped is not None:
        why = str(stopped) or "interrupted"
        text = f"ended after {len(results)} of {total} campaigns: {why}"
        together = cut_short(together, text, _KINDS.get(exit_code(stopped), _CUT_SHORT))
    report = ConsoleReport(console, together.calls)
    for finding in together.findings:
        report.finding(finding)
    report.result(together)
    return together, [
        {
            "seed": each.seed,
            "verdict": each.verdict,
            "calls": each.calls,
            "seconds": round(each.seconds, 1),
            "findings": len(each.findings),
            "inconclusive": [asdict(line) for line in each.inconclusive],
        }
        for each in sorted(results, key=lambda each: each.seed)
    ]


def replay(file: Path, *, mutant: str | None, environment: Kind = "processes") -> ExitCode:
    """Run a finding again.

    Returns:
        A finding where it shows again; clean where it does not; inconclusive where the calls that
        would show it were not answered.

    Raises:
        ReplayFileError: The file is not one, or names what the target does not have.
        HarnessError: The target cannot be started.
    """
    console = make_console()
    finding, about = load(file)
    planted = mutant if mutant is not None else (about.get("mutant") or "none")
    if planted == "recorded":
        planted = about.get("mutant") or "none"
    shown = about.get("demonstration") if mutant in (None, "recorded") else None
    where = "the real system" if planted == "none" else f"the planted leak {planted!r}"
    where = f"the demonstration {shown!r}" if shown else where
    told = about.get("target") if mutant in (None, "recorded") else None
    where = f"what {told} describes" if told else where
    if told and not Path(told).is_file():
        raise HarnessError(
            f"{file} was found on the target of {told}, which is not there: keep the replay file "
            "where it was in relation to it, or correct `target` in the replay file"
        )
    access = about.get("data_access") or "direct"
    if access not in get_args(DataAccess):
        raise HarnessError(f"{file} names an unknown data access {access!r}")
    pooler = about.get("pooler") or "none"
    if pooler not in get_args(Pooler):
        raise HarnessError(f"{file} names an unknown pooler {pooler!r}")
    verified = Verified(
        mutant=None if planted == "none" else get_mutant(planted),
        data_access=cast(DataAccess, access),
        demonstration=shown,
        described=Path(told) if told else None,
        pooler=cast(Pooler, pooler),
        sessions=bool(about.get("sessions")),
        environment=environment,
    )
    verified.require_sense()
    console.print(f"replaying {finding.oracle} on {where}:", markup=False)
    for line in finding.script.lines():
        console.print(f"  {line}", markup=False, soft_wrap=True)
    with verified.running(open_run("replay").path) as target:
        campaign = Campaign(target, CampaignOptions(), _quiet)
        seen = campaign.reproduces(finding)
        answered = campaign.answered()
    if seen is not None:
        console.print(f"reproduced: {seen.summary}", style="bold red", markup=False, soft_wrap=True)
        return ExitCode.FINDING
    lost = answered[Outcome.UNREACHABLE] + answered[Outcome.LIMITED]
    if lost or not answered[Outcome.OK]:
        figures = ", ".join(f"{count} {outcome}" for outcome, count in sorted(answered.items()))
        console.print(f"inconclusive: calls were not served ({figures})", style="bold yellow")
        return ExitCode.INCONCLUSIVE
    console.print("not reproduced", style="bold green")
    return ExitCode.CLEAN


def demo() -> ExitCode:
    """The system is clean; one planted leak is found; its replay shows on the leak alone."""
    console = make_console()
    Verified().require_sense()
    folder = open_run("demo")
    console.rule("1. the reference system")
    clean = run_campaign(
        console,
        folder,
        CampaignOptions(calls=600, seconds=60),
        Verified(),
        ConsoleReport(console, 600),
    )
    console.rule("2. the same system with a planted leak")
    leaky = run_campaign(
        console,
        folder,
        CampaignOptions(calls=2_000, seconds=60),
        Verified(mutant=get_mutant("list-without-filter")),
        ConsoleReport(console, 2_000),
    )
    told_apart = clean.verdict == "clean" and leaky.verdict == "leak"
    if leaky.findings and leaky.findings[0].replay:
        console.rule("3. the finding, replayed on the real system")
        told_apart = told_apart and replay(Path(leaky.findings[0].replay), mutant="none") == 0
    folder.write_summary({"clean": clean.summary(), "leaky": leaky.summary(), "ok": told_apart})
    return ExitCode.CLEAN if told_apart else exit_code("leak")


def _quiet(event: Event) -> None:
    """Nobody listens to a replay's campaign."""
