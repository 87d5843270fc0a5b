"""Whose activity an observer may notice."""

from __future__ import annotations

from crosstalk.core.history import Flow
from crosstalk.phases.two_worlds.permitted_sources import left_out, partners

USERS = ("alice", "bob", "carol")


def test_partners_are_none_where_nothing_is_shared() -> None:
    assert partners((), "alice", USERS) == frozenset()


def test_shared_project_makes_two_users_partners_and_leaves_the_third_alone() -> None:
    flows = (Flow("alice", "bob"), Flow("bob", "alice"))
    assert partners(flows, "alice", USERS) == {"bob"}
    assert partners(flows, "bob", USERS) == {"alice"}
    assert partners(flows, "carol", USERS) == frozenset()


def test_partner_of_every_user_is_an_admin_who_may_change_what_they_see() -> None:
    flows = (Flow("*", "alice"),)
    assert partners(flows, "alice", USERS) == {"bob", "carol"}
    assert partners(flows, "bob", USERS) == {"alice"}


def test_user_who_may_change_what_a_partner_shares_is_a_partner() -> None:
    flows = (Flow("bob", "alice"), Flow("bob", "carol", frozenset({"edit"})))
    assert partners(flows, "alice", USERS) == {"bob", "carol"}


def test_flow_by_some_operations_leaves_out_those_observations_alone() -> None:
    flows = (Flow("bob", "alice", frozenset({"shared_list"})),)
    assert partners(flows, "alice", USERS) == frozenset()
    assert left_out(flows, "alice", ["bob"], "shared_list")
    assert not left_out(flows, "alice", ["bob"], "list")
    assert not left_out(flows, "carol", ["alice", "bob"], "shared_list")


def test_partners_are_none_where_all_users_share_by_some_operations() -> None:
    flows = (Flow("*", "*", frozenset({"board"})),)
    assert partners(flows, "alice", USERS) == frozenset()
    assert left_out(flows, "alice", ["bob"], "board")
