"""Who comes after whom: users of several tenants meet users of another one first."""

from __future__ import annotations

from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import Person
from crosstalk.core.principals import ALICE, BOB, CAROL, MEMBERS
from crosstalk.generator.tenants import apart, colleagues


def _policy(**tenants: str) -> Policy:
    return Policy(people={name: Person(name, tenant) for name, tenant in tenants.items()})


def test_each_user_is_followed_by_one_of_another_tenant() -> None:
    policy = _policy(alice="red", bob="red", carol="blue")
    assert apart(MEMBERS, policy) == (ALICE, CAROL, BOB)
    assert colleagues(ALICE, MEMBERS, policy) == [BOB]
    assert colleagues(CAROL, MEMBERS, policy) == []


def test_the_order_is_the_one_given_without_tenants() -> None:
    for policy in (None, _policy(), _policy(alice="red", bob="red", carol="red")):
        assert apart(MEMBERS, policy) == MEMBERS
    assert colleagues(ALICE, MEMBERS, None) == []
