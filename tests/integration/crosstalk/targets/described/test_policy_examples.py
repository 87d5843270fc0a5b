"""The example servers with policies: a fault that is planted is found by the oracle it is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.targets.described import opened_target

POLICIES = Path(__file__).parents[5] / "examples/targets/policies"
Run = Callable[[str, str, str], CampaignResult]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Returns a function that runs one oracle against an example with these faults."""

    def found(name: str, leaks: str, oracle: str) -> CampaignResult:
        monkeypatch.setenv("LEAKS", leaks)
        options = CampaignOptions(calls=500, seconds=60, seed=1, oracles=(oracle,))
        with opened_target(POLICIES / f"{name}.toml") as target:
            return Campaign(target, options, lambda event: None).run()

    return found


@pytest.mark.parametrize(
    ("name", "leaks", "oracle", "operation"),
    [
        ("roles", "report", "function", "rest:GET /admin/report"),
        ("roles", "role-in-body", "escalation", "rest:PATCH /me"),
        ("sharing", "cached", "revocation", "rest:GET /notes/{note_id}"),
        ("fields", "hash", "property", "rest:GET /directory/{card_id}"),
    ],
)
def test_a_planted_fault_is_found_with_its_rule(
    run: Run, name: str, leaks: str, oracle: str, operation: str
) -> None:
    (finding,) = run(name, leaks, oracle).findings
    assert (finding.oracle, finding.operation) == (oracle, operation)
    assert "against the rule" in finding.summary


@pytest.mark.parametrize(("leaks", "oracle"), [("old-code", "canary"), ("left", "revocation")])
def test_end_of_a_share_by_code_that_has_no_effect_is_found(
    run: Run, leaks: str, oracle: str
) -> None:
    assert {each.oracle for each in run("codes", leaks, oracle).findings} == {oracle}


@pytest.mark.parametrize("oracle", ["canary", "ownership", "existence", "revocation"])
def test_nothing_is_found_where_codes_join_as_the_policy_says(run: Run, oracle: str) -> None:
    assert run("codes", "", oracle).findings == []


def test_nothing_is_found_where_sharing_is_taken_back_for_good(run: Run) -> None:
    result = run("sharing", "", "revocation")
    assert result.findings == []
    assert sum(each.oracles.get("revocation", 0) for each in result.controls.values()) > 0
    assert result.policy is not None
    assert result.policy.refused_tried() > 0
