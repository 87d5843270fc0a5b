"""Who comes after whom: users of several tenants meet users of another one first."""

from __future__ import annotations

from crosstalk.core.history import History
from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import Allow, Person, Reserve
from crosstalk.core.principals import ALICE, BOB, CAROL, MEMBERS
from crosstalk.generator.examples.tenants import apart, colleagues, kept_from
from crosstalk.surface.operation import Operation


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


def test_user_whom_the_policy_keeps_from_a_thing_reaches_for_it() -> None:
    people = _policy(alice="red", bob="red", carol="blue").people
    policy = Policy(people=people, allows=(Allow(("*",), "tenant", ("* /incidents*",)),))
    history = History({name: name for name in people}, policy=policy)
    shared = Operation("rest", "rest:GET /incidents/{id}", (), reads_only=True)
    own = Operation("rest", "rest:GET /notes/{id}", (), reads_only=True)
    assert kept_from(ALICE, (BOB, CAROL), shared, history) == CAROL
    assert kept_from(ALICE, (BOB, CAROL), own, history) == BOB
    open_to_all = Policy(people=people, allows=(Allow(("*",), "any"),))
    history = History({name: name for name in people}, policy=open_to_all)
    assert kept_from(ALICE, (BOB, CAROL), shared, history) == BOB


def test_user_who_may_call_an_operation_comes_before_one_who_lacks_the_role() -> None:
    people = {
        "alice": Person("alice", "red", ("manager",)),
        "bob": Person("bob", "red"),
        "carol": Person("carol", "blue", ("manager",)),
    }
    reserve = Reserve(("manager",), ("* /trash*",))
    history = History({name: name for name in people}, policy=Policy(people, reserves=(reserve,)))
    restore = Operation("rest", "rest:POST /trash/{id}/restore", (), reads_only=False)
    assert kept_from(ALICE, (BOB, CAROL), restore, history) == CAROL
    assert kept_from(ALICE, (BOB,), restore, history) == BOB
