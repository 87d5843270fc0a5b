"""A campaign that is throttled says that it does not know; it neither accuses nor acquits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.environment import ProcessEnvironment, ProcessOptions
from crosstalk.targets.reference.target import reference_target

# Enough to find out what there is, and little more.
_LOW = {
    "RATE_LIMIT_PER_MINUTE": "1",
    "RATE_LIMIT_BURST": "6",
    "CHAT_RATE_LIMIT_PER_MINUTE": "1",
    "CHAT_RATE_LIMIT_BURST": "1",
}


def limited(log: Path) -> int:
    """How many requests a service refused for being too many."""
    lines = [json.loads(each) for each in log.read_text().splitlines() if each.startswith("{")]
    return sum(each.get("status") == 429 for each in lines)


@pytest.mark.long
def test_answers_of_429_are_inconclusive_and_no_leak(tmp_path: Path) -> None:
    options = ProcessOptions(run_folder=tmp_path, extra_env={"backend": _LOW, "mcp": _LOW})
    with ProcessEnvironment(options) as running:
        target = reference_target(running, {})
        try:
            plan = CampaignOptions(calls=150, seconds=300, seed=3)
            result = Campaign(target, plan, lambda event: None).run()
        finally:
            target.close()
        assert min(limited(running.logs / f"{each}.log") for each in ("backend", "mcp")) > 5
    assert result.findings == []
    assert result.verdict == "inconclusive"
    assert result.inconclusive
