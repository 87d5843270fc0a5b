"""One result of several campaigns on systems of the same kind.

What one of them could not see, another may have seen: an operation or an oracle is inconclusive
where it is so in all of them. What one of them saw and could not explain stays: a suspicion that
did not replay, calls refused for being too many, work left under way. Times taken are the first
one's: their statistics do not add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.policy.coverage import merged as merged_matrices
from crosstalk.core.verdict import (
    RUN,
    Control,
    Finding,
    Inconclusive,
    InconclusiveKind,
    verdict_of,
)


def merged(results: Sequence[CampaignResult]) -> CampaignResult:
    """Return the result of several campaigns; its seconds are those of the longest.

    Raises:
        ValueError: There are none.
    """
    if not results:
        raise ValueError("there is no result to merge")
    controls: dict[str, Control] = {}
    for result in results:
        for name, control in result.controls.items():
            controls.setdefault(name, Control()).add(control)
    findings: dict[tuple[str, str], Finding] = {}
    for result in results:
        for finding in result.findings:
            key = (finding.oracle, finding.operation)
            if key not in findings or (finding.minimal and not findings[key].minimal):
                findings[key] = finding
    inconclusive = _still_open(results)
    first_found = [each.calls_to_finding for each in results if each.calls_to_finding is not None]
    coverage: dict[str, dict[str, int]] = {}
    for result in results:
        for name, parameters in result.coverage.items():
            counts = coverage.setdefault(name, {})
            for parameter, count in parameters.items():
                counts[parameter] = counts.get(parameter, 0) + count
    return replace(
        results[0],
        verdict=verdict_of(list(findings.values()), inconclusive),
        calls=sum(each.calls for each in results),
        replay_calls=sum(each.replay_calls for each in results),
        seconds=max(each.seconds for each in results),
        findings=list(findings.values()),
        controls=controls,
        inconclusive=inconclusive,
        calls_to_finding=min(first_found, default=None),
        not_applicable=results[0].not_applicable,
        coverage=coverage,
        situations=_situations(results),
        limited=_limited(results),
        short=_short(results),
        suggestions=_suggestions(results),
        situations_not_made={
            name: why
            for name, why in results[0].situations_not_made.items()
            if all(name in each.situations_not_made for each in results)
        },
        policy=merged_matrices([each.policy for each in results]),
        # What one campaign saw differ is not the same for every user.
        public=tuple(
            name for name in results[0].public if all(name in each.public for each in results)
        ),
        left=None
        if all(each.left is None for each in results)
        else list(dict.fromkeys(line for each in results for line in each.left or ())),
    )


def _suggestions(results: Sequence[CampaignResult]) -> dict[str, dict[str, list[Any]]]:
    """Return all values by which refusals were overcome in any of them."""
    found: dict[str, dict[str, list[Any]]] = {}
    for result in results:
        for operation, arguments in result.suggestions.items():
            for argument, values in arguments.items():
                known = found.setdefault(operation, {}).setdefault(argument, [])
                known += [each for each in values if each not in known]
    return found


def _short(results: Sequence[CampaignResult]) -> dict[str, tuple[int, int]]:
    """Return the phases that had a whole turn in none, each with the most that one gave it."""
    names = [name for name in results[0].short if all(name in each.short for each in results)]
    return {name: max(each.short[name] for each in results) for name in names}


def _limited(results: Sequence[CampaignResult]) -> dict[str, int]:
    """Return how many calls of each operation were refused for being too many, in all."""
    found: Counter[str] = Counter()
    for each in results:
        found.update(each.limited)
    return dict(sorted(found.items()))


def _situations(results: Sequence[CampaignResult]) -> dict[str, int]:
    """Return how often situations were made in all, and how large the largest was."""
    found: dict[str, int] = {}
    for name in {name for each in results for name in each.situations}:
        made = [each.situations.get(name, 0) for each in results]
        found[name] = max(made) if name.startswith(("largest", "constraints to")) else sum(made)
    return found


def cut_short(
    result: CampaignResult, why: str, kind: InconclusiveKind = InconclusiveKind.CUT_SHORT
) -> CampaignResult:
    """Return what campaigns came to that were to be more: it is never clean."""
    inconclusive = [*result.inconclusive, Inconclusive(kind, RUN, why)]
    return replace(
        result,
        verdict=verdict_of(result.findings, inconclusive),
        inconclusive=inconclusive,
    )


def _still_open(results: Sequence[CampaignResult]) -> list[Inconclusive]:
    """What stays inconclusive; texts hold figures that differ from campaign to campaign."""
    open_in = [{(line.kind, line.where) for line in each.inconclusive} for each in results]
    kept: dict[tuple[InconclusiveKind, str, str], Inconclusive] = {}
    for line in (line for each in results for line in each.inconclusive):
        if line.kind.outweighs:
            kept.setdefault((line.kind, line.where, line.text), line)
        elif all((line.kind, line.where) in each for each in open_in):
            kept.setdefault((line.kind, line.where, ""), line)
    return list(kept.values())
