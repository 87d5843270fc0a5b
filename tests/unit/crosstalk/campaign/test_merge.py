"""Several campaigns come to one result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.campaign.merge import cut_short, merged
from crosstalk.campaign.result import CampaignResult
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Finding, Verdict

_NEVER = "oracle identity: no opportunity to fire"
_STUBBORN = "mcp:list: bob received 'x', first seen with alice (did not replay)"


def _result(
    verdict: Verdict = "clean", *inconclusive: str, seed: int = 1, found: tuple[str, ...] = ()
) -> CampaignResult:
    return CampaignResult(
        verdict=verdict,
        calls=10,
        seconds=float(seed),
        seed=seed,
        findings=[Finding("canary", each, (), "", Script(())) for each in found],
        controls={"list": Control(calls=10, own_reads=2, oracles={"canary": 3})},
        inconclusive=list(inconclusive),
        coverage={"get": {"task_id": 2}},
    )


def test_calls_and_controls_are_counted_together_and_time_is_the_longest() -> None:
    both = merged([_result(seed=1), _result(seed=2)])
    assert (both.calls, both.seconds, both.verdict) == (20, 2.0, "clean")
    assert both.controls["list"].oracles == {"canary": 6}
    assert both.coverage == {"get": {"task_id": 4}}


def test_a_finding_of_two_campaigns_is_one_and_makes_a_leak() -> None:
    both = merged([_result("leak", found=("list",)), _result("leak", found=("list", "get"))])
    assert [each.operation for each in both.findings] == ["list", "get"]
    assert both.verdict == "leak"


def test_what_one_campaign_could_not_see_another_may_have_seen() -> None:
    assert merged([_result("inconclusive", _NEVER), _result()]).verdict == "clean"
    nobody = merged([_result("inconclusive", _NEVER), _result("inconclusive", _NEVER)])
    assert (nobody.verdict, nobody.inconclusive) == ("inconclusive", [_NEVER])


def test_a_suspicion_that_did_not_replay_stays() -> None:
    both = merged([_result(), _result("inconclusive", _STUBBORN)])
    assert (both.verdict, both.inconclusive) == ("inconclusive", [_STUBBORN])


def test_what_was_left_under_way_stays() -> None:
    held = "not quiescent after the run: mcp: 2 connections"
    untidy = replace(_result("inconclusive", held), left=["mcp: 2 connections"])
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
        ["ended after 1 of 2 campaigns: no room"],
    )
    leak = cut_short(merged([_result("leak", found=("list",))]), "ended")
    assert (leak.verdict, len(leak.findings)) == ("leak", 1)


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="no result"):
        merged([])
