"""Sentence of what a run did not reach."""

from __future__ import annotations

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import UNTRIED

_NAMED = 3


def untried_sentence(result: CampaignResult) -> str:
    """Return how many operations were not served or not tried, the first few, and the skipped."""
    untried = [each for each in result.inconclusive if each.kind in UNTRIED]
    parts = []
    if untried:
        first = "; ".join(str(each) for each in untried[:_NAMED])
        more = f"; and {len(untried) - _NAMED} more" if len(untried) > _NAMED else ""
        parts.append(f"{len(untried)} not served or not tried ({first}{more})")
    if result.skipped:
        reasons = "; ".join(f"{name}: {why}" for name, why in sorted(result.skipped.items()))
        parts.append(f"{len(result.skipped)} skipped ({reasons})")
    return ", ".join(parts)
