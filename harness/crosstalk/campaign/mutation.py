"""Campaigns against planted leaks, each leak in a process and a system of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from crosstalk.campaign.events import Event
from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.campaign.workers import end_with_parent, interrupted_once
from crosstalk.core.errors import HarnessError
from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.parts.pgbouncer import find_pgbouncer
from crosstalk.phases.base import Phase
from crosstalk.phases.layers import IN_SQL, OVER_THE_WIRE, LayersPhase
from crosstalk.phases.registry import make_phases
from crosstalk.targets.base import Target
from crosstalk.targets.mutants import Mutant
from crosstalk.targets.mutants.smoke import smoke
from crosstalk.targets.verification import Verified

# A layer that is taken away beside a leak is found missing by the layer oracle, with the leak or
# without it: those layers are not asked, so that what dies, dies of its own fault.
_MISSING = {"rls": IN_SQL, "reads": OVER_THE_WIRE}
# What it takes to be sure of a finding is part of the score; that its script is short is not.
_SHORTENING_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class MutantRun:
    """Work of one process: a mutant, the folder of its run, and the campaign's budget."""

    mutant: Mutant
    folder: Path
    options: CampaignOptions


def require_programs(mutant: Mutant) -> None:
    """Check that the machine has the programs without which a mutant does not show itself.

    Raises:
        EnvironmentFailed: One is missing.
    """
    if mutant.pooler != "none":
        find_pgbouncer()


def run_mutants(todo: Sequence[MutantRun], jobs: int) -> Generator[MutantOutcome]:
    """Run them, a number of them at once; yields each outcome when there is one.

    Raises:
        EnvironmentFailed: One of the processes was killed.
        KeyboardInterrupt: The processes that still ran have been ended.
    """
    # Fresh interpreters: a forked one would share sockets and signal handlers with this one.
    context = multiprocessing.get_context("spawn")
    workers = min(jobs, len(todo)) or 1
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        over = False
        try:
            for future in as_completed([pool.submit(_one, each) for each in todo]):
                yield future.result()
            over = True
        except BrokenProcessPool as error:
            raise EnvironmentFailed(
                "a process that runs a mutant was killed, e.g. for want of memory: "
                "try again with --jobs 1"
            ) from error
        finally:
            # Also where the caller was interrupted and takes no further outcome: without this the
            # pool would run what is left before it ends.
            if not over:
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in multiprocessing.active_children():
                    worker.terminate()


def _begin() -> None:
    """Prepare a worker: until it has something to do, what ends it is its parent alone."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _one(run: MutantRun) -> MutantOutcome:
    """Run one mutant; asked to end, the process ends when the system of that mutant has."""
    interrupted = interrupted_once()
    try:
        outcome = replace(_campaign_against(run), seed=run.options.seed)
    except KeyboardInterrupt:
        outcome = None
    if outcome is None or interrupted():
        # The pool would hand the next one to it.
        os._exit(128 + signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return outcome


def _campaign_against(run: MutantRun) -> MutantOutcome:
    """One mutant, from planting to verdict."""
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(run.folder / "hypothesis"))
    mutant = run.mutant
    try:
        with Verified(mutant=mutant).running(run.folder) as target:
            smoke(target)
            phases = _phases(mutant, target)
            options = replace(run.options, shortening=_SHORTENING_SECONDS)
            result = Campaign(target, options, _quiet, run.folder, phases).run()
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
    """Phases without those that would only see that a layer is missing."""
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


def _quiet(event: Event) -> None:
    """The score listens to results alone."""
