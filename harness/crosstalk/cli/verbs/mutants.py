"""`crosstalk mutants`: plant each known leak, and see that the campaign finds it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crosstalk.campaign.options import options_of
from crosstalk.cli.machine import print_json
from crosstalk.cli.options import AsJson, Calls, ProfileName, Seconds, Seed
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.environment import EnvironmentFailed, require_system_packages
from crosstalk.report.run_folder import open_run
from crosstalk.report.tables import columns, print_table
from crosstalk.report.terminal import make_console

if TYPE_CHECKING:
    from crosstalk.campaign.mutant_outcome import MutantOutcome
    from crosstalk.targets.mutants import Mutant


def mutants(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Just this mutant; may be repeated.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Systems running at once.")] = 2,
    profile: ProfileName = "standard",
    calls: Calls = None,
    seconds: Seconds = None,
    seed: Seed = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Seeds to go through, from the first one on.")
    ] = 1,
    show: Annotated[bool, typer.Option("--list", help="Only list the catalog.")] = False,
    as_json: AsJson = False,
) -> int:
    """Plant known leaks one by one and see that each is found."""
    from crosstalk.campaign.mutation import MutantRun, run_mutants
    from crosstalk.report.mutant_score.files import write_score
    from crosstalk.report.mutant_score.score import by_half, summary
    from crosstalk.targets.mutants import get_mutant, load_catalog

    console = make_console(errors=as_json)
    chosen = [get_mutant(each) for each in only or []] or list(load_catalog().values())
    if show and as_json:
        print_json([asdict(each) for each in chosen])
        return ExitCode.CLEAN
    if show:
        _print_catalog(console, chosen)
        return ExitCode.CLEAN
    require_system_packages()
    chosen = [each for each in chosen if _can_show(each, console)]
    several = seeds > 1
    folder = open_run("mutants")
    options = options_of(profile, calls=calls, seconds=seconds, seed=seed)
    console.print(
        f"{len(chosen)} mutants, {jobs} at once, up to {options.calls} calls and "
        f"{options.seconds:.0f} s for each, seed {options.seed}"
        + (f" to {options.seed + seeds - 1}" if several else "")
    )
    options_said = {"profile": profile, "calls": options.calls, "seed": options.seed}
    order = {each.id: place for place, each in enumerate(chosen)}
    began = time.monotonic()
    outcomes: list[MutantOutcome] = []
    figures = summary(outcomes)

    def in_order() -> list[MutantOutcome]:
        return sorted(outcomes, key=lambda each: (each.seed, order[each.id]))

    todo = [
        MutantRun(
            each,
            folder.path / (f"{each.id}-{number}" if several else each.id),
            replace(options, seed=number),
        )
        for number in range(options.seed, options.seed + seeds)
        for each in chosen
    ]
    interrupted = False
    try:
        with contextlib.closing(run_mutants(todo, jobs)) as running:
            for outcome in running:
                outcomes.append(outcome)
                console.print(
                    f"{len(outcomes):3d}/{len(todo)}  {_line(outcome)}"
                    f"{_outlook(len(outcomes), len(todo), time.monotonic() - began)}",
                    markup=False,
                    soft_wrap=True,
                )
                # Each time: a run that is ended early keeps what there is.
                figures = write_score(folder, in_order(), options_said)
    except KeyboardInterrupt:
        interrupted = True
    _print_score(console, in_order(), several=several)
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
    if as_json:
        print_json(figures)
    excused = {each.id for each in chosen if each.why_survives}
    for each_seed in figures["seeds"] if several else ():
        said = f"seed {each_seed['seed']}: {by_half(each_seed['halves'])}"
        console.print(said, markup=False, soft_wrap=True)
    survived = set(figures["survivors"]) - excused
    return exit_code(
        ExitCode.FINDING if survived else ExitCode.CLEAN,
        ExitCode.CLEAN if figures["alive"] == figures["total"] else ExitCode.TARGET_FAILED,
        ExitCode.INTERRUPTED if interrupted else ExitCode.CLEAN,
    )


def _line(outcome: MutantOutcome) -> str:
    fate = f"killed by {outcome.killed_by}" if outcome.killed_by else "SURVIVED"
    if not outcome.alive:
        fate = f"NOT ALIVE: {outcome.note}"
    return f"{outcome.id}: {fate}, {outcome.calls} calls, {outcome.seconds:.1f} s"


def _outlook(done: int, total: int, seconds: float) -> str:
    """How long the rest takes, if it goes on like this."""
    left = seconds / done * (total - done)
    return f" (about {left / 60:.0f} min left)" if left >= 90 else ""


def _can_show(mutant: Mutant, console: Console) -> bool:
    """Whether the machine has the programs that it needs; says which one is missing."""
    from crosstalk.campaign.mutation import require_programs

    try:
        require_programs(mutant)
    except EnvironmentFailed as error:
        console.print(f"left out: {mutant.id}: {error}", markup=False, soft_wrap=True)
        return False
    return True


def _print_score(console: Console, outcomes: Sequence[MutantOutcome], *, several: bool) -> None:
    rows = [
        (
            f"{each.id}, seed {each.seed}" if several else each.id,
            each.kind,
            "yes" if each.alive else "NO",
            each.killed_by or "-",
            str(each.calls),
            f"{each.seconds:.1f}",
            str(len(each.script)),
        )
        for each in outcomes
    ]
    heads = columns(
        "mutant", "class", "alive", "killed by", numbers=("calls", "seconds", "script lines")
    )
    print_table(console, "", heads, rows)


def _print_catalog(console: Console, mutants: Sequence[Mutant]) -> None:
    rows = [
        (
            each.id,
            each.kind,
            each.title,
            ", ".join(each.removes) or "-",
            "; ".join(filter(None, (each.modelled_on, each.source))),
        )
        for each in mutants
    ]
    heads = columns("mutant", "class", "what is wrong", "removes", "modelled on")
    print_table(console, "", heads, rows)
