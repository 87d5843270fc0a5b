"""`crosstalk mutants`: plant each known leak, and see that the campaign finds it."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from crosstalk.campaign.events import Event
from crosstalk.campaign.options import CampaignOptions, Profile, options_of
from crosstalk.campaign.runner import Campaign
from crosstalk.campaign.workers import end_with_parent
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.environment import require_system_packages
from crosstalk.environment.parts.pgbouncer import find_pgbouncer
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.phases.base import Phase
from crosstalk.phases.layers import IN_SQL, OVER_THE_WIRE, LayersPhase
from crosstalk.phases.registry import make_phases
from crosstalk.report.mutant_score.page import score_page
from crosstalk.report.mutant_score.picture import score_picture
from crosstalk.report.mutant_score.score import MutantOutcome, summary
from crosstalk.report.run_folder import RunFolder, open_run
from crosstalk.report.terminal import make_console
from crosstalk.targets.base import Target
from crosstalk.targets.mutants import Mutant, get_mutant, load_catalog
from crosstalk.targets.mutants.smoke import smoke
from crosstalk.targets.verification import Verified

# A layer that is taken away beside a leak is found missing by the layer oracle, with the leak or
# without it: those layers are not asked, so that what dies, dies of its own fault.
_MISSING = {"rls": IN_SQL, "reads": OVER_THE_WIRE}


@dataclass(frozen=True, slots=True)
class _Job:
    mutant: Mutant
    folder: Path
    options: CampaignOptions


def run(
    *,
    only: Sequence[str],
    jobs: int,
    profile: Profile = "standard",
    calls: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    show: bool = False,
) -> ExitCode:
    """Score the catalog.

    Returns:
        A finding where a mutant survived without a reason that is known; a failed target where one
        did not apply, start or work; clean otherwise.
    """
    console = make_console()
    chosen = [get_mutant(each) for each in only] or list(load_catalog().values())
    if show:
        console.print(_catalog_table(chosen))
        return ExitCode.CLEAN
    require_system_packages()
    chosen = [each for each in chosen if _can_show(each, console)]
    folder = open_run("mutants")
    options = options_of(profile, calls=calls, seconds=seconds, seed=seed)
    console.print(
        f"{len(chosen)} mutants, {jobs} at once, up to {options.calls} calls and "
        f"{options.seconds:.0f} s for each, seed {options.seed}"
    )
    options_said = {"profile": profile, "calls": options.calls, "seed": options.seed}
    order = {each.id: place for place, each in enumerate(chosen)}
    began = time.monotonic()
    outcomes: list[MutantOutcome] = []
    figures = summary(outcomes)
    todo = [_Job(each, folder.path / each.id, options) for each in chosen]
    interrupted = False
    for outcome in _until_interrupted(_outcomes(todo, jobs)):
        if outcome is None:
            interrupted = True
            break
        outcomes.append(outcome)
        fate = f"killed by {outcome.killed_by}" if outcome.killed_by else "SURVIVED"
        if not outcome.alive:
            fate = f"NOT ALIVE: {outcome.note}"
        console.print(
            f"{len(outcomes):3d}/{len(todo)}  {outcome.id}: {fate}, "
            f"{outcome.calls} calls, {outcome.seconds:.1f} s"
            f"{_outlook(len(outcomes), len(todo), time.monotonic() - began)}",
            markup=False,
            soft_wrap=True,
        )
        # Each time: whoever ends it early keeps what there is.
        figures = _keep(folder, sorted(outcomes, key=lambda each: order[each.id]), options_said)
    console.print(_score_table(sorted(outcomes, key=lambda each: order[each.id])))
    for each in chosen:
        if each.id in figures["survivors"] and each.why_survives:
            console.print(f"{each.id} survives: {each.why_survives}", markup=False, soft_wrap=True)
    console.print(
        f"killed {figures['killed']} of {figures['total']}, alive {figures['alive']}; "
        f"median {figures['median_calls']} calls, {figures['median_seconds']} s; "
        f"all of it: {folder.path}",
        markup=False,
        soft_wrap=True,
    )
    excused = {each.id for each in chosen if each.why_survives}
    survived = set(figures["survivors"]) - excused
    return exit_code(
        ExitCode.FINDING if survived else ExitCode.CLEAN,
        ExitCode.CLEAN if figures["alive"] == figures["total"] else ExitCode.TARGET_FAILED,
        ExitCode.INTERRUPTED if interrupted else ExitCode.CLEAN,
    )


def _keep(
    folder: RunFolder, outcomes: Sequence[MutantOutcome], options: Mapping[str, object]
) -> dict[str, Any]:
    """Write down what is known so far; the figures."""
    figures = summary(outcomes)
    folder.write_summary({**figures, **options})
    folder.write("score.svg", score_picture(outcomes))
    folder.write("score.md", score_page(outcomes, {**figures, **options}))
    return figures


def _outlook(done: int, total: int, seconds: float) -> str:
    """How long the rest takes, if it goes on like this."""
    left = seconds / done * (total - done)
    return f" (about {left / 60:.0f} min left)" if left >= 90 else ""


def _can_show(mutant: Mutant, console: Console) -> bool:
    """Whether there is what it needs to show itself; said where there is not."""
    try:
        if mutant.pooler != "none":
            find_pgbouncer()
    except EnvironmentFailed as error:
        console.print(f"left out: {mutant.id}: {error}", markup=False, soft_wrap=True)
        return False
    return True


def _until_interrupted(outcomes: Iterator[MutantOutcome]) -> Iterator[MutantOutcome | None]:
    """The outcomes; None where Ctrl-C ends them early."""
    try:
        yield from outcomes
    except KeyboardInterrupt:
        yield None


def _outcomes(todo: Sequence[_Job], jobs: int) -> Iterator[MutantOutcome]:
    # Fresh interpreters: a forked one would share sockets and signal handlers with this one.
    context = multiprocessing.get_context("spawn")
    workers = min(jobs, len(todo)) or 1
    with ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent) as pool:
        try:
            for future in as_completed([pool.submit(_one, job) for job in todo]):
                yield future.result()
        except KeyboardInterrupt:
            # Without them the pool would play what is left before it ends.
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _one(job: _Job) -> MutantOutcome:
    """One mutant, from planting to verdict."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(job.folder / "hypothesis"))
    mutant = job.mutant
    try:
        with Verified(mutant=mutant).running(job.folder) as target:
            smoke(target)
            phases = _phases(mutant, target)
            result = Campaign(target, job.options, _quiet, job.folder, phases).run()
    except HarnessError as error:
        return _outcome(mutant, alive=False, note=str(error))
    finding = result.findings[0] if result.findings else None
    return _outcome(
        mutant,
        alive=True,
        killed_by=finding.oracle if finding else "quiescence" if result.left else None,
        calls=result.calls_to_finding or result.calls,
        seconds=result.seconds,
        note="; ".join(map(str, result.inconclusive[:2])),
        script=tuple(finding.script.lines()) if finding else (),
    )


def _phases(mutant: Mutant, target: Target) -> list[Phase]:
    """What is played between the examples, without what would only see that a layer is missing."""
    missing = {layer for each in mutant.removes for layer in _MISSING.get(each, ())}
    left = tuple(each for each in (*IN_SQL, *OVER_THE_WIRE) if each not in missing)
    return [
        LayersPhase(layers=left) if isinstance(each, LayersPhase) else each
        for each in make_phases()
    ]


def _outcome(
    mutant: Mutant,
    *,
    alive: bool,
    killed_by: str | None = None,
    calls: int = 0,
    seconds: float = 0.0,
    note: str = "",
    script: tuple[str, ...] = (),
) -> MutantOutcome:
    return MutantOutcome(
        id=mutant.id,
        kind=mutant.kind,
        alive=alive,
        killed_by=killed_by,
        expected_oracle=mutant.expected_oracle,
        calls=calls,
        seconds=seconds,
        note=note,
        script=script,
    )


def _score_table(outcomes: Sequence[MutantOutcome]) -> Table:
    table = Table("mutant", "class", "alive", "killed by", "calls", "seconds", "script lines")
    for each in outcomes:
        table.add_row(
            each.id,
            each.kind,
            "yes" if each.alive else "NO",
            each.killed_by or "-",
            str(each.calls),
            f"{each.seconds:.1f}",
            str(len(each.script)),
        )
    return table


def _catalog_table(mutants: Sequence[Mutant]) -> Table:
    table = Table("mutant", "class", "what is wrong", "removes", "modelled on")
    for each in mutants:
        removed = ", ".join(each.removes) or "-"
        table.add_row(each.id, each.kind, each.title, removed, each.modelled_on)
    return table


def _quiet(event: Event) -> None:
    """The score listens to results alone."""
