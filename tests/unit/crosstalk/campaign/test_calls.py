"""The calls of a campaign: no more are made than were given, and few of them acquit no system."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.campaign.options import ALL_FINDINGS, CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.principals import ALL_PRINCIPALS
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.phases.concurrency.test_phase import Notes


def _run(calls: int, *, leaks: bool = False) -> CampaignResult:
    notes = Notes(leaks=leaks)
    surfaces = {"mem": notes}
    target = Target(
        surfaces,
        notes,
        discovered(surfaces),
        reset=notes.rows.clear,
        not_applicable=dict.fromkeys(("existence", "identity"), "there are no ids and no tokens"),
        principals=replace(ALL_PRINCIPALS, strangers=()),
        concurrency=3,
    )
    options = CampaignOptions(calls, 120.0, seed=2, findings=ALL_FINDINGS)
    return Campaign(target, options, lambda _: None).run()


@pytest.mark.parametrize("leaks", [False, True])
@pytest.mark.parametrize("calls", [1, 7, 50, 120, 333])
def test_no_more_calls_are_made_than_were_given(calls: int, leaks: bool) -> None:
    result = _run(calls, leaks=leaks)
    assert result.calls <= calls


@pytest.mark.parametrize("calls", [1, 7, 20])
def test_few_calls_are_inconclusive_and_never_clean(calls: int) -> None:
    result = _run(calls)
    assert result.verdict == "inconclusive"
    assert result.exit_code() == ExitCode.INCONCLUSIVE
    assert result.inconclusive


def test_phases_that_fit_in_the_calls_have_their_opportunities() -> None:
    result = _run(300)
    seen = {name for each in result.controls.values() for name, n in each.oracles.items() if n}
    assert {"two-worlds", "concurrency"} <= seen
    assert result.verdict == "clean"
