"""Several campaigns come to one result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.campaign.merge import cut_short, merged
from crosstalk.campaign.result import CampaignResult
from crosstalk.core.script import Script
from crosstalk.core.verdict import RUN, Control, Finding, Inconclusive, verdict_of
from crosstalk.core.verdict import InconclusiveKind as Kind

_NEVER = Inconclusive(Kind.NO_OPPORTUNITY, "identity", "the oracle had no opportunity to fire")
_STUBBORN = Inconclusive(
    Kind.UNCONFIRMED, "mcp:list", "bob received 'x', first seen with alice (did not replay)"
)


def _result(
    *inconclusive: Inconclusive, seed: int = 1, found: tuple[str, ...] = ()
) -> CampaignResult:
    findings = [Finding("canary", each, (), "", Script(())) for each in found]
    return CampaignResult(
        verdict=verdict_of(findings, inconclusive),
        calls=10,
        seconds=float(seed),
        seed=seed,
        findings=findings,
        controls={"list": Control(calls=10, own_reads=2, oracles={"canary": 3})},
        inconclusive=list(inconclusive),
        coverage={"get": {"task_id": 2}},
    )


def _throttled(limited: int) -> Inconclusive:
    return Inconclusive(Kind.THROTTLED, RUN, f"{limited} of 100 calls were refused (429)")


def test_calls_and_controls_are_counted_together_and_time_is_the_longest() -> None:
    both = merged([_result(seed=1), _result(seed=2)])
    assert (both.calls, both.seconds, both.verdict) == (20, 2.0, "clean")
    assert both.controls["list"].oracles == {"canary": 6}
    assert both.coverage == {"get": {"task_id": 4}}


def test_a_finding_of_two_campaigns_is_one_and_makes_a_leak() -> None:
    both = merged([_result(found=("list",)), _result(found=("list", "get"))])
    assert [each.operation for each in both.findings] == ["list", "get"]
    assert both.verdict == "leak"


def test_missing_opportunity_of_one_campaign_is_filled_by_another() -> None:
    assert merged([_result(_NEVER), _result()]).verdict == "clean"
    nobody = merged([_result(_NEVER), _result(_NEVER)])
    assert (nobody.verdict, nobody.inconclusive) == ("inconclusive", [_NEVER])


def test_a_suspicion_that_did_not_replay_stays() -> None:
    both = merged([_result(), _result(_STUBBORN)])
    assert (both.verdict, both.inconclusive) == ("inconclusive", [_STUBBORN])


def test_a_throttled_campaign_stays_throttled_though_each_counts_other_calls() -> None:
    alone = merged([_result(_throttled(40))])
    both = merged([_result(_throttled(40)), _result(_throttled(41))])
    one = merged([_result(_throttled(40)), _result()])
    assert [each.verdict for each in (alone, both, one)] == ["inconclusive"] * 3
    assert one.inconclusive == [_throttled(40)]


def test_texts_decide_nothing() -> None:
    other = replace(_NEVER, text="identity could not fire")
    both = merged([_result(_NEVER), _result(other)])
    assert (both.verdict, both.inconclusive) == ("inconclusive", [_NEVER])


def test_leftovers_of_one_campaign_stay_in_the_merged_result() -> None:
    held = Inconclusive(Kind.NOT_QUIESCENT, RUN, "not quiescent: mcp: 2 connections")
    untidy = replace(_result(held), left=["mcp: 2 connections"])
    both = merged([replace(_result(), left=[]), untidy])
    assert (both.verdict, both.inconclusive, both.left) == (
        "inconclusive",
        [held],
        ["mcp: 2 connections"],
    )


def test_campaigns_that_end_early_show_what_they_found_and_no_more() -> None:
    clean = cut_short(merged([_result()]), "ended after 1 of 2 campaigns: no room")
    assert (clean.verdict, clean.inconclusive) == (
        "inconclusive",
        [Inconclusive(Kind.CUT_SHORT, RUN, "ended after 1 of 2 campaigns: no room")],
    )
    leak = cut_short(merged([_result(found=("list",))]), "ended")
    assert (leak.verdict, len(leak.findings)) == ("leak", 1)


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="no result"):
        merged([])


def test_a_phase_that_had_its_turn_anywhere_was_not_short() -> None:
    one = replace(_result(), short={"limits": (100, 320), "layer": (0, 60)})
    other = replace(_result(), short={"limits": (200, 320)})
    assert merged([one, other]).short == {"limits": (200, 320)}
