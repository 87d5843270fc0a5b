"""Sentences on what a run did not reach, and on what it found to be the same for every user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import UNTRIED
from crosstalk.report.text import counted

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


def untried_lines(result: CampaignResult) -> list[str]:
    """Return what was not served or not tried, cut short, skipped or not judged, a line for each.

    The first few of each are named, with the reason.
    """
    untried = [each for each in result.inconclusive if each.kind in UNTRIED]
    lines = []
    if untried:
        first = "; ".join(str(each) for each in untried[:_NAMED])
        rest = len(untried) - _NAMED
        more = f"; and {rest} more, named by `crosstalk coverage`" if rest > 0 else ""
        lines.append(f"{len(untried)} not served or not tried: {first}{more}")
        if result.needed:
            offered = sum(":" in each for each in result.controls)
            lines.append(f"{offered} operations need about {result.needed} calls (--calls)")
    if result.short:
        turns = ", ".join(
            f"{name} {given} of {least}" for name, (given, least) in sorted(result.short.items())
        )
        lines.append(f"less than a whole turn for {turns} calls (more --calls give it)")
    if result.skipped:
        lines.append(f"{len(result.skipped)} skipped: {_by_reason(result.skipped)}")
    if result.not_chosen:
        names = ", ".join(result.not_chosen)
        lines.append(f"not judged by {names} (left out by --oracles)")
    return lines


def situation_lines(result: CampaignResult) -> list[str]:
    """Return how many kinds of situations were made, and those that were not, by reason."""
    lines = []
    if made := len(result.situations):
        kinds = counted(made, "kind")
        lines.append(f"situations made on purpose: {kinds}, by `crosstalk coverage`")
    # A run that stopped at a leak was cut short; what it did not reach says nothing.
    if result.verdict != "leak":
        names: defaultdict[str, list[str]] = defaultdict(list)
        for name, why in sorted(result.situations_not_made.items()):
            names[why].append(name)
        lines += [
            f"{counted(len(each), 'situation')} not made: {', '.join(each)} ({why})"
            for why, each in names.items()
        ]
    return lines


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
