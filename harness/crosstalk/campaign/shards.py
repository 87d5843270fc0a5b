"""Processes with a system each: one campaign that they divide, or many campaigns one by one.

With one seed every shard plays parts of the same campaign (`division`). With many seeds a shard
plays its campaigns one after the other: the system is started once and emptied between them. What a
campaign does, the campaign knows; this module only shares them out and gives each result as soon as
there is one.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import queue
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

from crosstalk.campaign.division import ALONE, Division, SharedDivision
from crosstalk.campaign.events import Emit, Event, Finished
from crosstalk.campaign.example_database import open_examples
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.campaign.workers import end_with_parent, interrupted_once
from crosstalk.core.errors import HarnessError, InternalError, TargetFailedError
from crosstalk.core.verdict import InconclusiveKind
from crosstalk.targets.verification import Verified

_LOOK_AFTER_SECONDS = 2.0
# What an interrupted shard has to end its system and to say what it found.
_ENDING_SECONDS = 45.0
_ERRORS: dict[str, type[HarnessError]] = {
    "target failed": TargetFailedError,
    "internal error": InternalError,
    "failed": HarnessError,
}
_Message: TypeAlias = tuple[str, Any]
# Gets a shard's number, from 1, and an event of one of its campaigns.
EmitOfShard: TypeAlias = Callable[[int, Event], None]


@dataclass(frozen=True, slots=True)
class Shard:
    """Work of one process.

    Attributes:
        folder: Where its system logs, and where its replay files go.
        verified: What it starts.
        campaigns: One after the other.
        examples: Where examples that showed something are kept, if anywhere.
        number: Its number among the shards, from 1.
        divided: Processes that play the same campaign, this one among them.
    """

    folder: Path
    verified: Verified
    campaigns: tuple[CampaignOptions, ...]
    examples: str | None = None
    number: int = 1
    divided: int = 1

    def division(self) -> Division:
        """Return what this process shares with the others of its campaign."""
        if self.divided == 1:
            return ALONE
        return SharedDivision(self.folder.parent / "division", self.number, self.divided)


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
        options: Of one campaign. With one seed the shards play it together; with many, each
            campaign has all of the calls.
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
        every = [replace(options, seed=options.seed + number * 10_000) for number in range(shards)]
    return [
        Shard(
            folder / f"shard-{number}",
            verified,
            tuple(every[number - 1 :: shards]),
            examples,
            number,
            divided=shards if seeds == 1 else 1,
        )
        for number in range(1, min(shards, len(every)) + 1)
    ]


def results_of(
    shards: Sequence[Shard], emit: EmitOfShard | None = None
) -> Iterator[CampaignResult]:
    """Run the shards at once; yields every campaign's result when it is over.

    Args:
        shards: What each process does.
        emit: Gets the events of all campaigns as they happen, but for `Finished`.

    Raises:
        HarnessError: A shard could not go on; raised when the others are through.
        KeyboardInterrupt: As ever; what the shards had until then is yielded before.
    """
    # Fresh interpreters: a forked one would share sockets and signal handlers with this one.
    context = multiprocessing.get_context("spawn")
    said: multiprocessing.Queue[_Message] = context.Queue()
    processes = [
        context.Process(target=_run, args=(each, said, emit is not None)) for each in shards
    ]
    for process in processes:
        process.start()
    try:
        yield from _heard(said, processes, emit)
    finally:
        for process in processes:
            process.join(_LOOK_AFTER_SECONDS)
            if process.is_alive():
                process.terminate()
            process.join()


def _heard(
    said: multiprocessing.Queue[_Message],
    processes: Sequence[BaseProcess],
    emit: EmitOfShard | None,
) -> Iterator[CampaignResult]:
    failed: HarnessError | None = None
    over, interrupted, deadline = 0, False, math.inf
    while over < len(processes) and time.monotonic() < deadline:
        try:
            kind, value = said.get(timeout=_LOOK_AFTER_SECONDS)
        except queue.Empty:
            if any(each.exitcode not in (None, 0) for each in processes):
                failed = failed or InternalError("a shard ended without a result")
                break
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted, deadline = True, time.monotonic() + _ENDING_SECONDS
            for process in processes:
                process.terminate()
        else:
            if kind == "event":
                if emit is not None:
                    emit(*value)
                continue
            over += kind != "result"
            if kind == "result":
                yield value
            elif kind != "over":
                failed = failed or _ERRORS[kind](value)
    if interrupted:
        raise KeyboardInterrupt
    if failed is not None:
        raise failed


def _run(shard: Shard, say: multiprocessing.Queue[_Message], with_events: bool) -> None:
    """What a shard's process does."""
    emit = _sender(shard.number, say) if with_events else _quiet
    end_with_parent()
    interrupted_once()
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(shard.folder / "hypothesis"))
    try:
        with shard.verified.running(shard.folder) as target:
            kept = open_examples(shard.examples, target.about) if shard.examples else None
            for options in shard.campaigns:
                folder = shard.folder / f"seed-{options.seed}"
                division = shard.division()
                result = Campaign(
                    target, options, emit, folder, examples=kept, division=division
                ).run()
                say.put(("result", result))
                if any(each.kind is InconclusiveKind.INTERRUPTED for each in result.inconclusive):
                    break
        say.put(("over", None))
    except TargetFailedError as error:
        say.put(("target failed", str(error)))
    except InternalError as error:
        say.put(("internal error", str(error)))
    except HarnessError as error:
        say.put(("failed", str(error)))
    except KeyboardInterrupt:
        say.put(("over", None))
    except Exception as error:
        shard.folder.mkdir(parents=True, exist_ok=True)
        where = shard.folder / "crash.txt"
        where.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        said = f"{type(error).__name__}: {error}; please report it with {where}"
        say.put(("internal error", said))
    finally:
        # Whatever arrives now finds nothing that could be cut off.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _sender(number: int, say: multiprocessing.Queue[_Message]) -> Emit:
    """Return a listener that hands a shard's events on; a result goes its own way."""

    def send(event: Event) -> None:
        if not isinstance(event, Finished):
            say.put(("event", (number, event)))

    return send


def _quiet(event: Event) -> None:
    """Ignore an event: results alone are asked for."""
