"""Offers to persons with an account and without one, where a policy says who may list accounts."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from crosstalk.core.history import History
from crosstalk.core.policy import Policy, Suspend
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.rules.policy.accounts_told import AccountsTold
from crosstalk.oracles import Existence
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    INVITE,
    OPERATIONS,
    POLICY,
    Folders,
    make_state,
)

LISTING = Suspend(("admin",), ("* /disable",), ("* /enable",), "person", ("GET /accounts",))
HIDING = replace(POLICY, suspends=(LISTING,))


class Anyone(list[str]):
    """Every person has an account, or will have one."""

    def __contains__(self, name: object) -> bool:
        return True


class Welcoming(Folders):
    """Folders that are shared with any person, who may sign up later."""

    @property
    def subjects(self) -> list[str]:
        """Any person."""
        return Anyone()


def _offered(folders: Folders, policy: Policy = HIDING) -> tuple[History, bool]:
    """Run the rule once where it applies; return its calls, and whether it did."""
    state = make_state(folders, ServiceRecord({each.name: each for each in OPERATIONS}))
    begun = state.fresh_history
    state.fresh_history = lambda: History(begun().subjects, policy=policy)
    example, rule = ExampleRun(state, Capabilities.of(list(OPERATIONS))), AccountsTold()
    applies = rule.applies(example)
    if applies:
        drawn_once(lambda draw: rule.run(example, draw), Random(1))
    return example.history, applies


@pytest.mark.parametrize(("folders", "tells"), [(Folders(), True), (Welcoming(), False)])
def test_an_offer_tells_who_has_an_account(folders: Folders, tells: bool) -> None:
    history, applies = _offered(folders)
    assert applies
    offered = {
        str(each.arguments["invitee_id"]) for each in history if each.operation == INVITE.name
    }
    known = offered & set(history.subjects.values())
    assert (len(known), len(offered)) == (1, 2)
    # The other name is of the same form.
    assert len({len(each) for each in offered}) == 1
    found = {each.operation for each in Existence().judge(history)}
    assert (INVITE.name in found) is tells


def test_offers_may_tell_of_accounts_where_no_policy_hides_them() -> None:
    _, applies = _offered(Folders(), POLICY)
    assert not applies
    history, _ = _offered(Folders())
    told = History(history.subjects, history.calls, policy=POLICY)
    assert INVITE.name not in {each.operation for each in Existence().judge(told)}
