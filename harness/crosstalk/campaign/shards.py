"""Several campaigns of one kind: shards with a system each, one after the other with many seeds.

A shard is a process with a system of its own, which plays its campaigns one by one: the system is
started once and emptied between them. What a campaign does, the campaign knows; this module only
shares them out and gives each result as soon as there is one.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from crosstalk.campaign.events import Event
from crosstalk.campaign.example_database import open_examples
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign, CampaignOptions
from crosstalk.campaign.workers import end_with_parent
from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.exit_status import INTERRUPTED
from crosstalk.targets.verification import Verified

_LOOK_AFTER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Shard:
    """What one process does.

    Attributes:
        folder: Where its system logs, and where its replay files go.
        verified: What it starts.
        campaigns: One after the other.
        examples: Where examples that showed something are kept, if anywhere.
    """

    folder: Path
    verified: Verified
    campaigns: tuple[CampaignOptions, ...]
    examples: str | None = None


def shards_of(
    options: CampaignOptions,
    *,
    shards: int,
    seeds: int,
    folder: Path,
    verified: Verified,
    examples: str | None = None,
) -> list[Shard]:
    """Share campaigns out.

    Args:
        options: Of one campaign. With one seed its calls are shared among the shards, because
            together they are one campaign; with many, each campaign has all of them.
        shards: How many processes.
        seeds: How many campaigns; each further one has the next seed.
        folder: Of the run.
        verified: What it starts.
        examples: Where examples that showed something are kept, if anywhere.
    """
    if seeds > 1:
        every = [replace(options, seed=options.seed + number) for number in range(seeds)]
    else:
        # Far apart, because a campaign's examples have seeds that follow its own.
        every = [
            replace(options, calls=-(-options.calls // shards), seed=options.seed + number * 10_000)
            for number in range(shards)
        ]
    return [
        Shard(folder / f"shard-{number + 1}", verified, tuple(every[number::shards]), examples)
        for number in range(min(shards, len(every)))
    ]


def results_of(shards: Sequence[Shard]) -> Iterator[CampaignResult]:
    """Run the shards at once; every campaign's result when it is over.

    Raises:
        HarnessError: A shard could not run; the others are ended.
    """
    # Fresh interpreters: a forked one would share sockets and signal handlers with this one.
    context = multiprocessing.get_context("spawn")
    said: multiprocessing.Queue[tuple[str, Any]] = context.Queue()
    processes = [context.Process(target=_run, args=(each, said)) for each in shards]
    for process in processes:
        process.start()
    try:
        yield from _heard(said, processes)
    finally:
        for process in processes:
            if process.is_alive():
                process.terminate()
            process.join()


def _heard(
    said: multiprocessing.Queue[tuple[str, Any]], processes: Sequence[BaseProcess]
) -> Iterator[CampaignResult]:
    over = 0
    while over < len(processes):
        try:
            kind, value = said.get(timeout=_LOOK_AFTER_SECONDS)
        except queue.Empty:
            if any(each.exitcode not in (None, 0) for each in processes):
                raise HarnessError("a shard ended without a result") from None
            continue
        if kind == "failed":
            raise HarnessError(value)
        if kind == "over":
            over += 1
        else:
            yield value


def _run(shard: Shard, say: multiprocessing.Queue[tuple[str, Any]]) -> None:
    """What a shard's process does."""
    end_with_parent()
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(shard.folder / "hypothesis"))
    try:
        with shard.verified.running(shard.folder) as target:
            kept = open_examples(shard.examples, target.about) if shard.examples else None
            for options in shard.campaigns:
                folder = shard.folder / f"seed-{options.seed}"
                say.put(
                    (
                        "result",
                        Campaign(target, options, _quiet, folder, examples=kept).run(),
                    )
                )
        say.put(("over", None))
    except HarnessError as error:
        say.put(("failed", str(error)))
    except KeyboardInterrupt:
        # Whoever ended it knows.
        sys.exit(INTERRUPTED)


def _quiet(event: Event) -> None:
    """A shard tells results alone."""
