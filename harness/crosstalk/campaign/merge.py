"""One result of several campaigns on systems of the same kind.

What one of them could not see, another may have seen: an operation or an oracle is inconclusive
where it is so in all of them. A suspicion that did not replay stays, whoever had it, and so does
what was left under way. Times taken are the first one's: their statistics do not add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Control, Finding, Verdict

UNCONFIRMED = "(did not replay)"
NO_OPPORTUNITY = "no opportunity to fire"
NOT_QUIESCENT = "not quiescent"


def merged(results: Sequence[CampaignResult]) -> CampaignResult:
    """What they come to together; seconds are those of the longest.

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
            findings.setdefault((finding.oracle, finding.operation), finding)
    lines = list(dict.fromkeys(line for result in results for line in result.inconclusive))
    inconclusive = [
        line
        for line in lines
        if line.endswith(UNCONFIRMED)
        or line.startswith(NOT_QUIESCENT)
        or all(line in each.inconclusive for each in results)
    ]
    first_found = [each.calls_to_finding for each in results if each.calls_to_finding is not None]
    coverage: dict[str, dict[str, int]] = {}
    for result in results:
        for name, parameters in result.coverage.items():
            counts = coverage.setdefault(name, {})
            for parameter, count in parameters.items():
                counts[parameter] = counts.get(parameter, 0) + count
    return replace(
        results[0],
        verdict=_verdict(list(findings.values()), inconclusive),
        calls=sum(each.calls for each in results),
        seconds=max(each.seconds for each in results),
        findings=list(findings.values()),
        controls=controls,
        inconclusive=inconclusive,
        calls_to_finding=min(first_found, default=None),
        not_applicable=results[0].not_applicable,
        coverage=coverage,
        left=None
        if all(each.left is None for each in results)
        else list(dict.fromkeys(line for each in results for line in each.left or ())),
    )


def cut_short(result: CampaignResult, why: str) -> CampaignResult:
    """What campaigns came to that were to be more: what they found stays, and shows no more."""
    return replace(
        result,
        verdict="leak" if result.findings else "inconclusive",
        inconclusive=[*result.inconclusive, why],
    )


def _verdict(findings: Sequence[Finding], inconclusive: Sequence[str]) -> Verdict:
    if findings:
        return "leak"
    says_nothing = any(
        line.endswith((UNCONFIRMED, NO_OPPORTUNITY)) or line.startswith(NOT_QUIESCENT)
        for line in inconclusive
    )
    return "inconclusive" if says_nothing else "clean"
