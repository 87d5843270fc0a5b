"""A client that can be any user is told first, whatever else the same server leaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.campaign.events import Event, FindingFound
from crosstalk.campaign.options import ALL_FINDINGS, CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Answer, Channel
from crosstalk.core.principals import ALL_PRINCIPALS
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.generator.rules.attacks.test_unproven_identity import ADD, LIST, Notes
from tests.unit.crosstalk.histories import ok


class Leaking(Notes):
    """Believes whoever calls, and lists the notes of all users."""

    def discover(self) -> list[Operation]:
        """Its operations."""
        return [ADD, LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Add, or list everything."""
        answer = super().call(operation, arguments, presented)
        return ok(list(self.rows)) if operation is LIST else answer


def _run(
    findings: int, accepted: frozenset[Channel] = frozenset()
) -> tuple[CampaignResult, list[Event]]:
    served = Leaking()
    surfaces = {"mcp": served}
    target = Target(
        surfaces,
        served,
        discovered(surfaces),
        reset=served.rows.clear,
        principals=replace(ALL_PRINCIPALS, strangers=(), impostors=()),
        unproven_identity="the argument user_id",
        accepted=accepted,
    )
    events: list[Event] = []
    options = CampaignOptions(150, 60.0, seed=1, findings=findings)
    return Campaign(target, options, events.append, phases=()).run(), events


@pytest.mark.parametrize("findings", [1, ALL_FINDINGS])
def test_client_that_can_be_any_user_is_the_first_finding(findings: int) -> None:
    result, events = _run(findings)
    told = [each.finding for each in events if isinstance(each, FindingFound)]
    assert told[0].rule is BrokenRule.UNPROVEN
    assert result.findings[0].rule is BrokenRule.UNPROVEN
    oracles = {each.oracle for each in result.findings}
    assert ("canary" in oracles) == (findings > 1)


def test_accepted_identity_leaves_the_other_findings() -> None:
    result, _ = _run(ALL_FINDINGS, frozenset({Channel.UNAUTHENTICATED_IDENTITY}))
    assert "canary" in {each.oracle for each in result.findings}
    assert BrokenRule.UNPROVEN not in {each.rule for each in result.findings}
