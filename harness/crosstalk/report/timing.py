"""Sentences on the time of answers to foreign ids; they are no verdict."""

from __future__ import annotations

from crosstalk.campaign.result import CampaignResult

_ALPHA = 0.01


def telling_times(result: CampaignResult) -> list[str]:
    """A sentence for each operation at which a foreign id and a missing one differ in time.

    The level of one per cent is divided by the number of operations (Bonferroni), because one of
    a hundred differs that much by chance.
    """
    level = _ALPHA / max(1, len(result.times))
    return [
        f"{name}: an id of another user took {each.median_ms:+.1f} ms against a missing one "
        f"(median of {each.pairs} pairs; slower in {each.slower:.0%} of them, sign test "
        f"p = {each.p:.2g}); time is a statistic, no finding"
        for name, each in sorted(result.times.items())
        if each.p < level
    ]
