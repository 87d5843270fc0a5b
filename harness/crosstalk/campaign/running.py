"""Campaigns from start to end: one against what is verified, or several at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from crosstalk.campaign.events import Emit, Event, Started
from crosstalk.campaign.example_database import open_examples
from crosstalk.campaign.merge import cut_short, merged
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.provenance import provenance
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.campaign.shards import EmitOfShard, Shard, results_of
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.core.verdict import InconclusiveKind
from crosstalk.targets.verification import Verified

_CUT_SHORT = InconclusiveKind.CUT_SHORT
_KINDS = {
    ExitCode.TARGET_FAILED: InconclusiveKind.TARGET_FAILED,
    ExitCode.INTERNAL_ERROR: InconclusiveKind.INTERNAL_ERROR,
    ExitCode.INTERRUPTED: InconclusiveKind.INTERRUPTED,
}


def run_campaign(
    folder: Path,
    options: CampaignOptions,
    verified: Verified,
    emit: Emit,
    examples: str | None = None,
) -> CampaignResult:
    """Start what is verified, run one campaign, end it.

    Args:
        folder: Where its logs and replay files go.
        options: Of the campaign.
        verified: What is started.
        emit: Gets the campaign's events.
        examples: Where examples that show something are kept, if anywhere.

    Raises:
        HarnessError: The target cannot be started.
    """
    with verified.running(folder) as target:
        kept = open_examples(examples, target.about) if examples else None
        result = Campaign(target, options, emit, folder, examples=kept).run()
        result.provenance = provenance(options, target.about, verified.described)
        return result


def run_shards(
    shards: Sequence[Shard],
    tell: Callable[[CampaignResult, int], None],
    emit: EmitOfShard | None = None,
) -> tuple[CampaignResult, list[CampaignResult]]:
    """Run all campaigns of the shards.

    Args:
        shards: They run at once, each with its own system.
        tell: Called with each result and the number of results so far.
        emit: Gets the events of all shards, if anything does.

    Returns:
        The merged result, cut short where a shard failed after others had results, and each
        campaign's own in the order of their seeds.

    Raises:
        HarnessError: A shard failed before any result.
        KeyboardInterrupt: It came before any result.
    """
    results: list[CampaignResult] = []
    divided = any(each.divided > 1 for each in shards)
    began, ended, stopped = time.monotonic(), 0.0, None
    first_call: list[float] = []

    def hear(number: int, event: Event) -> None:
        if isinstance(event, Started):
            first_call.append(time.monotonic())
        if emit is not None:
            emit(number, event)

    try:
        for result in results_of(shards, hear):
            ended = time.monotonic()
            results.append(result)
            tell(result, len(results))
    except (HarnessError, KeyboardInterrupt) as error:
        # What was had until then is reported: hours may be behind it.
        if not results:
            raise
        stopped = error
    results.sort(key=lambda each: each.seed)
    # Of one campaign from the first call on, as where it is played by one process; of many, all.
    since = min(first_call, default=began) if divided else began
    seconds = (ended if divided else time.monotonic()) - since
    together = replace(merged(results), seconds=seconds)
    if stopped is not None:
        total = sum(len(each.campaigns) for each in shards)
        why = str(stopped) or "interrupted"
        what = "parts of the campaign" if divided else "campaigns"
        text = f"ended after {len(results)} of {total} {what}: {why}"
        together = cut_short(together, text, _KINDS.get(exit_code(stopped), _CUT_SHORT))
    return together, results
