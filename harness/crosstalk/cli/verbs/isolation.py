"""`crosstalk isolation`: campaigns in which users try to reach each other's data."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from crosstalk.campaign.options import CampaignOptions, options_of
from crosstalk.cli.machine import print_file
from crosstalk.cli.options import (
    AsJson,
    BaselineFile,
    Calls,
    Environment,
    Events,
    Examples,
    Exclude,
    Oracles,
    ProfileName,
    Seconds,
    Seed,
    SeedFrom,
    WaiverFile,
)
from crosstalk.cli.target_choice import Reference, TargetChoice, TargetFile, chosen_target
from crosstalk.core.errors import HarnessError
from crosstalk.core.paths import from_here
from crosstalk.environment import Attachment, DataAccess, Pooler
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console, print_sentence

if TYPE_CHECKING:
    from crosstalk.campaign.acceptance import Accepted
    from crosstalk.campaign.events import Event
    from crosstalk.campaign.result import CampaignResult
    from crosstalk.campaign.shards import Shard
    from crosstalk.report.event_stream import EventStream
    from crosstalk.targets.verification import Verified

# Calls below which a second system would take longer to start than it saves.
_CALLS_TO_DIVIDE = 4_000


def isolation(
    profile: ProfileName = "standard",
    calls: Calls = None,
    seconds: Seconds = None,
    seed: Seed = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Campaigns, one after the other, each with the next seed.")
    ] = 1,
    shards: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes that run it together, a system in each.",
            show_default="2 for the reference system on two processors; else 1",
        ),
    ] = None,
    examples: Examples = None,
    mutant: Annotated[
        str | None, typer.Option(help="Run against the system with this planted leak.")
    ] = None,
    stop_at_first: Annotated[
        bool | None,
        typer.Option(
            "--stop-at-first/--whole-budget",
            help="End at the first finding, or use the whole budget and report all findings.",
            show_default="the whole budget; with --mutant the first finding",
        ),
    ] = None,
    oracles: Oracles = None,
    exclude: Exclude = None,
    seed_from: SeedFrom = None,
    data_access: Annotated[
        DataAccess,
        typer.Option(help="How the MCP server reaches data: itself, by REST, or reads itself."),
    ] = "direct",
    pooler: Annotated[
        Pooler,
        typer.Option(help="What stands before PostgreSQL: nothing, or PgBouncer by transaction."),
    ] = "none",
    mcp_sessions: Annotated[
        bool, typer.Option("--mcp-sessions", help="The MCP server keeps sessions; some steal them.")
    ] = False,
    demonstration: Annotated[
        str | None, typer.Option(help="Run against this demonstration instead of the system.")
    ] = None,
    baseline: BaselineFile = None,
    waivers: WaiverFile = None,
    events: Events = None,
    as_json: AsJson = False,
    target: TargetFile = None,
    reference: Reference = False,
    frontend: Annotated[
        bool,
        typer.Option(
            "--with-frontend/--without-frontend",
            help="Start the frontend too; every user signs up there and brings its tokens.",
        ),
    ] = False,
    environment: Environment = "processes",
    attach: Annotated[
        Path | None,
        typer.Option(help="With --environment attached: the file that `crosstalk env` wrote."),
    ] = None,
    disposable_data: Annotated[
        bool,
        typer.Option("--disposable-data", help="What users have stored there may be deleted."),
    ] = False,
) -> int:
    """Let three users and a stranger try to reach each other's data."""
    from crosstalk.campaign.acceptance import read_accepted
    from crosstalk.campaign.selection import require_oracles
    from crosstalk.report.event_stream import open_events
    from crosstalk.targets.mutants import get_mutant
    from crosstalk.targets.verification import Verified

    choice = chosen_target(
        target,
        reference,
        {
            "--mutant": mutant,
            "--demonstration": demonstration,
            "--with-frontend": frontend,
            "--mcp-sessions": mcp_sessions,
            "--data-access": data_access != "direct",
            "--pooler": pooler != "none",
            "--environment": environment != "processes",
            "--attach": attach,
        },
    )
    target = choice.file
    verified = Verified(
        mutant=get_mutant(mutant) if mutant else None,
        data_access=data_access,
        demonstration=demonstration,
        described=target,
        frontend=frontend,
        pooler=pooler,
        sessions=mcp_sessions,
        environment=environment,
        attachment=Attachment(attach, disposable_data) if attach else None,
    )
    verified.require_sense()
    _require_systems(shards or 1, verified)
    # A planted leak is a question with one answer: whether it is found.
    first = mutant is not None if stop_at_first is None else stop_at_first
    accepted = read_accepted(baseline, waivers, choice.file, first=first)
    options = options_of(
        profile,
        calls=calls,
        seconds=seconds,
        seed=seed,
        stop_at_first=first,
        oracles=require_oracles(oracles or ()),
        exclude=tuple(exclude or ()),
        seed_from=seed_from,
    )
    with open_events(events) as stream:
        output = _Output(make_console(errors=as_json), stream, as_json)
        spread = (shards or _shards(verified, options, seeds), seeds)
        return _carried_out(output, choice, options, verified, accepted, examples, spread, profile)


@dataclass(frozen=True, slots=True)
class _Output:
    """Readers of a run: a person, and programs."""

    console: Console
    stream: EventStream | None
    as_json: bool


def _carried_out(
    output: _Output,
    choice: TargetChoice,
    options: CampaignOptions,
    verified: Verified,
    accepted: Accepted,
    examples: str | None,
    shards_and_seeds: tuple[int, int],
    profile: str,
) -> int:
    """Run the campaigns, write and print what they come to, and return the exit code."""
    from crosstalk.campaign.provenance import provenance
    from crosstalk.campaign.shards import shards_of
    from crosstalk.report.acceptance_text import print_acceptance
    from crosstalk.report.console import print_verdict
    from crosstalk.report.files import write_reports
    from crosstalk.report.suggestions import print_suggestions

    shards, seeds = shards_and_seeds
    console = output.console
    print_sentence(console, choice.sentence)
    folder = open_run(f"isolation-{verified.name}" if verified.name else "isolation")
    if shards > 1 or seeds > 1:
        shared_out = shards_of(
            options,
            shards=shards,
            seeds=seeds,
            folder=folder.path,
            verified=verified,
            examples=examples,
        )
        run = _run_many if seeds > 1 else _run_divided
        result, single = run(output, shared_out)
        result.provenance = provenance(options, verified.about, verified.described)
        more: dict[str, Any] = {"shards": shards, "campaigns": single}
    else:
        result = _run_one(output, folder, options, verified, examples)
        more = {}
    result.target_file = from_here(verified.described) if verified.described else None
    result.acceptance = accepted.judge(result.findings, result.controls)
    path = folder.write_summary({**result.summary(), **more, "profile": profile})
    write_reports(folder, result)
    print_suggestions(console, result)
    print_acceptance(console, result)
    console.print(f"summary: {path}, reports beside it", markup=False, soft_wrap=True)
    print_verdict(console, result)
    code = result.exit_code()
    if output.stream is not None:
        output.stream.verdict(result, code, path)
    if output.as_json:
        print_file(path)
    return code


def _run_one(
    output: _Output,
    folder: RunFolder,
    options: CampaignOptions,
    verified: Verified,
    examples: str | None,
) -> CampaignResult:
    """Run one campaign, and print its events."""
    from crosstalk.campaign.running import run_campaign
    from crosstalk.report.console import ConsoleReport

    output.console.print(verified.announcement(), markup=False, soft_wrap=True)
    report = ConsoleReport(output.console, options.calls, ends=False)

    def emit(event: Event) -> None:
        report(event)
        if output.stream is not None:
            output.stream(event)

    with report.kept_alive():
        return run_campaign(folder.path, options, verified, emit, examples)


def _run_many(output: _Output, shards: list[Shard]) -> tuple[CampaignResult, list[dict[str, Any]]]:
    """Run all campaigns of the shards, and print a line about each and what they come to."""
    from crosstalk.campaign.running import run_shards
    from crosstalk.report.console import ConsoleReport

    console, stream = output.console, output.stream
    total = sum(len(each.campaigns) for each in shards)
    console.print(f"{total} campaigns, {len(shards)} at once, each shard with its own system")

    def tell(result: CampaignResult, number: int) -> None:
        console.print(
            f"{number:3d}/{total}  seed {result.seed}: {result.verdict}, {result.calls} "
            f"calls in {result.seconds:.0f} s",
            markup=False,
        )

    together, results = run_shards(shards, tell, stream.of_shard if stream else None)
    report = ConsoleReport(console, together.calls, ends=False)
    for finding in together.findings:
        report.finding(finding)
    report.result(together)
    return together, _each(results)


def _run_divided(
    output: _Output, shards: list[Shard]
) -> tuple[CampaignResult, list[dict[str, Any]]]:
    """Run one campaign on all shards, and print its events."""
    from crosstalk.campaign.running import run_shards
    from crosstalk.campaign.together import EventsTogether
    from crosstalk.report.console import ConsoleReport

    console, stream = output.console, output.stream
    console.print(shards[0].verified.announcement(), markup=False, soft_wrap=True)
    console.print(f"one campaign on {len(shards)} such systems at once (--shards)", markup=False)
    report = ConsoleReport(console, shards[0].campaigns[0].calls, ends=False)
    events = EventsTogether(report)

    def emit(number: int, event: Event) -> None:
        events(number, event)
        if stream is not None:
            stream.of_shard(number, event)

    with report.kept_alive():
        together, results = run_shards(shards, lambda _result, _number: None, emit)
    report.result(together)
    return together, _each(results)


def _each(results: list[CampaignResult]) -> list[dict[str, Any]]:
    return [
        {
            "seed": each.seed,
            "verdict": each.verdict,
            "calls": each.calls,
            "seconds": round(each.seconds, 1),
            "findings": len(each.findings),
            "inconclusive": [asdict(line) for line in each.inconclusive],
        }
        for each in results
    ]


def _require_systems(shards: int, verified: Verified) -> None:
    """Check that there can be a system for each shard.

    Raises:
        HarnessError: Only one can be had.
    """
    if shards > 1 and (verified.described or verified.environment != "processes"):
        raise HarnessError("each shard starts a system of its own: leave out --shards")


def _shards(verified: Verified, options: CampaignOptions, seeds: int) -> int:
    """Return how many processes run a campaign by default: as many as gain something."""
    started_here = verified.described is None and verified.environment == "processes"
    # A system takes seconds of a processor to start, which must be worth it.
    worth = seeds == 1 and options.calls >= _CALLS_TO_DIVIDE
    plain = verified.mutant is None and verified.demonstration is None and not verified.frontend
    return 2 if started_here and worth and plain and _processors() > 1 else 1


def _processors() -> int:
    """Return how many processors this process may use; not every system says that of a process."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
