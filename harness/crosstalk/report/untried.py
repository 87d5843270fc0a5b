"""Sentences on what a run did not reach, and on what it found to be the same for every user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import UNTRIED

_NAMED = 3


def public_sentence(result: CampaignResult) -> str:
    """Return the operations that answered every user alike; empty where there are none."""
    if not result.public:
        return ""
    names = [each.partition(":")[2] or each for each in result.public]
    return f"public, the same for every user: {', '.join(names)}"


def limited_sentence(result: CampaignResult) -> str:
    """Return the operations that were refused for being called too often; empty without any."""
    if not result.limited:
        return ""
    first = sorted(result.limited.items(), key=lambda each: -each[1])
    named = [f"{name.partition(':')[2] or name} {times}" for name, times in first[:_NAMED]]
    more = f" and {len(first) - _NAMED} more" if len(first) > _NAMED else ""
    return (
        f"calls refused for being too many (429): {', '.join(named)}{more}; "
        "a higher limit lets the run do more in its time"
    )


def untried_sentence(result: CampaignResult) -> str:
    """Return how many operations were not served or not tried, the first few, and the skipped.

    Oracles that were not chosen are named as well.
    """
    untried = [each for each in result.inconclusive if each.kind in UNTRIED]
    parts = []
    if untried:
        first = "; ".join(str(each) for each in untried[:_NAMED])
        more = f"; and {len(untried) - _NAMED} more" if len(untried) > _NAMED else ""
        parts.append(f"{len(untried)} not served or not tried ({first}{more})")
        if result.needed:
            offered = sum(":" in each for each in result.controls)
            parts.append(f"{offered} operations need about {result.needed} calls (--calls)")
    if result.short:
        turns = ", ".join(
            f"{name} {given} of {least}" for name, (given, least) in sorted(result.short.items())
        )
        parts.append(f"less than a whole turn for {turns} calls (more --calls give it)")
    if result.skipped:
        parts.append(f"{len(result.skipped)} skipped ({_by_reason(result.skipped)})")
    if result.not_chosen:
        names = ", ".join(result.not_chosen)
        parts.append(f"not judged by {names} (left out by --oracles)")
    return ", ".join(parts)


def _by_reason(skipped: Mapping[str, str]) -> str:
    """Return each reason with the first few operations that are skipped for it."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, why in sorted(skipped.items()):
        names[why].append(name)
    return "; ".join(
        f"{', '.join(each[:_NAMED])}"
        + (f" and {len(each) - _NAMED} more" if len(each) > _NAMED else "")
        + f": {why}"
        for why, each in names.items()
    )
