"""Oracles that a policy gives nothing to judge are named with the reason."""

from __future__ import annotations

import pytest

from crosstalk.core.policy import Policy, Share
from crosstalk.surface.operation import Operation
from crosstalk.targets.rules_judged import oracles_without_rules
from tests.unit.crosstalk.core.policy.stories import PEOPLE, SHARE


def _without(*shares: Share, takes_more: bool = True) -> set[str]:
    change = Operation("rest", "rest:POST /notes", (), reads_only=False, takes_more=takes_more)
    return set(oracles_without_rules(Policy(PEOPLE, shares=shares), {change.name: change}))


@pytest.mark.parametrize(
    ("shares", "judged"), [((SHARE,), True), ((Share(("x",), "who", "id"),), False), ((), False)]
)
def test_revocation_is_judged_where_a_call_ends_sharing(
    shares: tuple[Share, ...], judged: bool
) -> None:
    assert ("revocation" not in _without(*shares)) is judged


@pytest.mark.parametrize("takes_more", [True, False])
def test_escalation_is_judged_where_an_operation_may_take_undeclared_fields(
    takes_more: bool,
) -> None:
    assert ("escalation" not in _without(SHARE, takes_more=takes_more)) is takes_more
