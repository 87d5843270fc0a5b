"""`crosstalk isolation`, `crosstalk replay` and `crosstalk demo`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast, get_args

from rich.console import Console

from harness.commands.campaigns import Shard, results_of, shards_of
from harness.demonstrations import get_demonstration
from harness.demonstrations.serving import demonstration_target
from harness.environment import (
    ONE_CONNECTION,
    Attachment,
    DataAccess,
    Kind,
    Pooler,
    ProcessOptions,
    chosen_environment,
)
from harness.errors import HarnessError
from harness.isolation.busy import fill_pools
from harness.isolation.campaign import Campaign, CampaignOptions
from harness.isolation.events import Emit, Event
from harness.isolation.examples import open_examples
from harness.isolation.merging import merged
from harness.isolation.profiles import Profile, options_of
from harness.isolation.provenance import provenance
from harness.isolation.reference import reference_target
from harness.isolation.replay import load
from harness.isolation.result import CampaignResult
from harness.isolation.target import Target
from harness.mutants import get_mutant
from harness.report.console import ConsoleReport
from harness.report.files import write_reports
from harness.report.runs import RunFolder, open_run
from harness.report.terminal import make_console
from harness.targets import load_target, opened_target


@contextmanager
def running_target(
    folder: Path,
    mutant: str | None,
    data_access: DataAccess = "direct",
    demonstration: str | None = None,
    described: Path | None = None,
    *,
    frontend: bool = False,
    pooler: Pooler = "none",
    environment: Kind = "processes",
    attachment: Attachment | None = None,
) -> Iterator[Target]:
    """What is to be verified, running.

    The reference system, a copy of it with a planted leak, a demonstration, or what a
    `crosstalk.toml` describes.
    """
    if described is not None:
        with opened_target(load_target(described), described) as target:
            yield target
        return
    if demonstration is not None:
        with demonstration_target(get_demonstration(demonstration)) as target:
            yield target
        return
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
        planted = get_mutant(mutant) if mutant else None
        root = planted.apply(Path(scratch)) if planted else None
        if planted and planted.pooler != "none":
            pooler = planted.pooler
        options = ProcessOptions(
            run_folder=folder,
            system_root=root,
            data_access=data_access,
            frontend=frontend,
            pooler=pooler,
            # Behind a pooler the services have many, and the pooler few.
            extra_env=ONE_CONNECTION if pooler == "none" else {},
        )
        about = {"mutant": mutant or "", "data_access": data_access, "pooler": pooler}
        with chosen_environment(environment, options, attachment) as running:
            target = reference_target(running, about)
            try:
                if pooler != "none":
                    fill_pools(target, running)
                yield target
            finally:
                target.close()


def play(
    console: Console,
    run: RunFolder,
    options: CampaignOptions,
    mutant: str | None,
    emit: Emit,
    data_access: DataAccess = "direct",
    demonstration: str | None = None,
    described: Path | None = None,
    *,
    frontend: bool = False,
    pooler: Pooler = "none",
    environment: Kind = "processes",
    attachment: Attachment | None = None,
    examples: str | None = None,
) -> CampaignResult:
    """Start the system, run one campaign, end the system."""
    what = f"the system with the planted leak {mutant!r}" if mutant else "the reference system"
    what += ": PostgreSQL, MCP server, backend, model"
    what += ", frontend (everybody signs up there)" if frontend else ""
    what += ", PgBouncer by transaction" if pooler != "none" else ""
    what += ", in containers" if environment == "containers" else ""
    if demonstration:
        what = f"the demonstration {demonstration!r}: {get_demonstration(demonstration).title}"
    if described:
        what = f"what {described} describes"
    if attachment:
        console.print(f"attaching to what {attachment.file} is for", markup=False, soft_wrap=True)
    else:
        console.print(f"starting {what}", markup=False, soft_wrap=True)
    with running_target(
        run.path,
        mutant,
        data_access,
        demonstration,
        described,
        frontend=frontend,
        pooler=pooler,
        environment=environment,
        attachment=attachment,
    ) as target:
        kept = open_examples(examples, target.about) if examples else None
        result = Campaign(target, options, emit, run.path, examples=kept).run()
        result.provenance = provenance(options, target.about, described)
        return result


def run(
    *,
    calls: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    mutant: str | None = None,
    strict: bool = False,
    data_access: DataAccess = "direct",
    demonstration: str | None = None,
    described: Path | None = None,
    frontend: bool = False,
    pooler: Pooler = "none",
    environment: Kind = "processes",
    attachment: Attachment | None = None,
    profile: Profile = "standard",
    shards: int = 1,
    seeds: int = 1,
    examples: str | None = None,
) -> int:
    """Campaigns; 0 when nothing crossed, 1 when something did, 2 when they show nothing."""
    console = make_console()
    if mutant and demonstration:
        raise HarnessError("a planted leak is one of the system: leave out one of the two options")
    if described and (mutant or demonstration):
        raise HarnessError("--target names another system: leave out --mutant and --demonstration")
    if environment != "processes" and (demonstration or described):
        raise HarnessError("--environment is for the reference system: leave out the other option")
    if attachment and mutant:
        raise HarnessError("a leak is planted in a copy that is started here: leave out --attach")
    if shards > 1 and (described or environment != "processes"):
        raise HarnessError("each shard starts a system of its own: leave out --shards")
    where = mutant or demonstration or (described.stem if described else None)
    # The figures of the processes' run stay where a program looks for them.
    where = where or (environment if environment != "processes" else None)
    folder = open_run(f"isolation-{where}" if where else "isolation")
    options = options_of(profile, calls=calls, seconds=seconds, seed=seed)
    system: dict[str, Any] = {
        "mutant": mutant,
        "data_access": data_access,
        "demonstration": demonstration,
        "described": described,
        "frontend": frontend,
        "pooler": pooler,
        "environment": environment,
        "attachment": attachment,
    }
    if shards > 1 or seeds > 1:
        result, single = _play_many(
            console,
            folder,
            shards_of(
                options,
                shards=shards,
                seeds=seeds,
                folder=folder.path,
                system=system,
                examples=examples,
            ),
        )
        about = {"mutant": mutant or "", "data_access": data_access, "pooler": pooler}
        result.provenance = provenance(options, about, described)
        summary = {**result.summary(), "shards": shards, "campaigns": single}
    else:
        emit = ConsoleReport(console, options.calls)
        result = play(console, folder, options, emit=emit, examples=examples, **system)
        summary = result.summary()
    path = folder.write_summary({**summary, "profile": profile})
    write_reports(folder, result)
    console.print(f"summary: {path}, reports beside it", markup=False, soft_wrap=True)
    if result.verdict == "leak":
        return 1
    if result.verdict == "inconclusive" or (strict and result.inconclusive):
        return 2
    return 0


def _play_many(
    console: Console, run: RunFolder, shards: Sequence[Shard]
) -> tuple[CampaignResult, list[dict[str, Any]]]:
    """All campaigns of the shards: what they come to together, and a line about each."""
    total = sum(len(each.campaigns) for each in shards)
    console.print(f"{total} campaigns, {len(shards)} at once, each shard with its own system")
    results: list[CampaignResult] = []
    for result in results_of(shards):
        results.append(result)
        console.print(
            f"{len(results):3d}/{total}  seed {result.seed}: {result.verdict}, {result.calls} "
            f"calls in {result.seconds:.0f} s",
            markup=False,
        )
    together = merged(results)
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
            "inconclusive": each.inconclusive,
        }
        for each in sorted(results, key=lambda each: each.seed)
    ]


def replay(file: Path, *, mutant: str | None, environment: Kind = "processes") -> int:
    """Run a finding again; 1 when it shows again, 0 when it does not."""
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
    console.print(f"replaying {finding.oracle} on {where}:", markup=False)
    for line in finding.script.lines():
        console.print(f"  {line}", markup=False, soft_wrap=True)
    access = about.get("data_access") or "direct"
    if access not in get_args(DataAccess):
        raise HarnessError(f"{file} names an unknown data access {access!r}")
    pooler = about.get("pooler") or "none"
    if pooler not in get_args(Pooler):
        raise HarnessError(f"{file} names an unknown pooler {pooler!r}")
    mutant = None if planted == "none" else planted
    folder = open_run("replay").path
    with running_target(
        folder,
        mutant,
        cast(DataAccess, access),
        shown,
        Path(told) if told else None,
        pooler=cast(Pooler, pooler),
        environment=environment,
    ) as target:
        campaign = Campaign(target, CampaignOptions(), _quiet)
        seen = campaign.reproduces(finding.script, finding.oracle)
    if seen is None:
        console.print("not reproduced", style="bold green")
        return 0
    console.print(f"reproduced: {seen.summary}", style="bold red", markup=False, soft_wrap=True)
    return 1


def demo() -> int:
    """The system is clean; one planted leak is found; its replay shows on the leak alone."""
    console = make_console()
    folder = open_run("demo")
    console.rule("1. the reference system")
    clean = play(
        console,
        folder,
        CampaignOptions(calls=600, seconds=60),
        None,
        ConsoleReport(console, 600),
    )
    console.rule("2. the same system with a planted leak")
    leaky = play(
        console,
        folder,
        CampaignOptions(calls=2_000, seconds=60),
        "list-without-filter",
        ConsoleReport(console, 2_000),
    )
    told_apart = clean.verdict == "clean" and leaky.verdict == "leak"
    if leaky.findings and leaky.findings[0].replay:
        console.rule("3. the finding, replayed on the real system")
        told_apart = told_apart and replay(Path(leaky.findings[0].replay), mutant="none") == 0
    folder.write_summary({"clean": clean.summary(), "leaky": leaky.summary(), "ok": told_apart})
    return 0 if told_apart else 1


def _quiet(event: Event) -> None:
    """Nobody listens to a replay's campaign."""
