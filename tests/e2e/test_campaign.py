"""The isolation campaign once with people who signed up, and the tokens that Better Auth gave."""

from __future__ import annotations

import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.environment import RunningSystem
from crosstalk.oracles import ORACLES
from crosstalk.targets.reference.signed_in import SignedInCredentials
from crosstalk.targets.reference.target import reference_target


@pytest.mark.usefixtures("prompt_injected")
def test_nothing_crosses_between_people_who_signed_up(running: RunningSystem) -> None:
    target = reference_target(running, {})
    try:
        options = CampaignOptions(calls=900, seconds=600, seed=20261121)
        result = Campaign(target, options, lambda event: None).run()
        credentials = target.credentials
    finally:
        target.close()
    assert result.findings == []
    assert result.verdict == "clean", result.inconclusive
    assert isinstance(credentials, SignedInCredentials)
    assert credentials.given > 10, "hardly a call was made with a token of the sign-in service"
    for oracle in ORACLES:
        chances = sum(each.oracles.get(oracle.name, 0) for each in result.controls.values())
        assert chances > 3, f"{oracle.name} could hardly have fired"
