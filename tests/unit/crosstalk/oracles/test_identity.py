"""The identity oracle on histories written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.core.history import Actor, Answer, Channel, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import ANYBODY
from crosstalk.oracles import Identity
from tests.unit.crosstalk.histories import ALICE, BOB, STRANGER, Writer, ok, refused

FORGER = Actor("forger (expired)", None, "alice", "expired")


def test_identity_fires_when_a_stranger_or_a_forger_is_served() -> None:
    writer = Writer().call(STRANGER, "list", {}, ok([])).call(FORGER, "list", {}, ok([]))
    first, second = Identity().judge(writer.history)
    assert "none" in first.summary
    assert "expired" in second.summary


def test_identity_fires_when_a_tool_error_shows_that_the_call_got_in() -> None:
    def missing(name: str) -> Answer:
        return Answer(Outcome.ERROR, 200, {}, {}, "not_found", f"there is no note {name}")

    writer = Writer().call(BOB, "get", {"note": "n-1"}, missing("n-1"))
    writer.call(ALICE, "list", {}, ok([{"note": "x-27"}]))
    writer.call(FORGER, "get", {"note": "x-27"}, missing("x-27"))
    (found,) = Identity().judge(writer.history)
    assert found.calls == (1, 3)


def test_identity_is_silent_where_what_does_not_exist_is_looked_up_before_any_credential() -> None:
    def missing(name: str) -> Answer:
        return Answer(Outcome.ERROR, 200, None, {}, None, f"There is no song {name} on your shelf.")

    writer = Writer().call(ALICE, "list", {}, ok([{"song": "n-1"}]))
    writer.call(BOB, "play", {"song": "n-1"}, missing("n-1"))
    writer.call(STRANGER, "play", {"song": "x-27"}, missing("x-27"))
    assert Identity().judge(writer.history) == []


def test_identity_says_nothing_of_a_logout_that_shows_nothing() -> None:
    writer = Writer().call(STRANGER, "rest:POST /logout", {}, ok(None, 204))
    assert Identity().judge(writer.history) == []
    writer.call(STRANGER, "rest:POST /logout", {}, ok({"user": "bob"}))
    writer.call(STRANGER, "rest:POST /checkout", {}, ok(None, 204))
    assert [each.calls for each in Identity().judge(writer.history)] == [(2,), (3,)]


def test_identity_is_silent_where_a_credential_is_refused_inside_a_200() -> None:
    unknown = Answer(Outcome.ERROR, 200, {}, {}, "-32001", "unknown keeper: send your key")
    missing = Answer(Outcome.ERROR, 200, {}, {}, "-32602", "no such hive")
    writer = Writer().call(BOB, "get", {}, missing).call(FORGER, "get", {}, unknown)
    assert Identity().judge(writer.call(STRANGER, "get", {}, unknown).history) == []


def test_identity_is_silent_where_an_address_that_names_nothing_is_unknown_to_all() -> None:
    def unknown(uri: str) -> Answer:
        return Answer(Outcome.ERROR, 200, {}, {}, "-32602", f"Unknown resource: {uri}")

    writer = Writer().call(BOB, "mcp:resources/read", {"uri": "app://1"}, unknown("app://1"))
    writer.call(STRANGER, "mcp:resources/read", {"uri": "other"}, unknown("other"))
    assert Identity().judge(writer.history) == []


def test_identity_is_silent_when_they_are_refused_and_when_members_are_served() -> None:
    writer = Writer().call(STRANGER, "list", {}, refused(401, "unauthorized"))
    writer.call(BOB, "list", {}, ok([]))
    assert Identity().judge(writer.history) == []
    assert Identity().opportunities(writer.history) == {"list": 1}


def test_identity_is_silent_where_the_protocols_own_list_is_empty_for_a_stranger() -> None:
    empty = ok({"resources": []})
    writer = Writer().call(STRANGER, "mcp:resources/list", {}, empty)
    assert Identity().judge(writer.history) == []
    writer.call(STRANGER, "mcp:resources/list", {}, ok({"resources": [{"uri": "note://1"}]}))
    assert len(Identity().judge(writer.history)) == 1


def test_identity_is_silent_where_an_sdk_hides_why_a_tool_refused_its_token() -> None:
    hidden = Answer(Outcome.ERROR, 200, None, {}, None, "Error executing tool list_names")
    assert Identity().judge(Writer().call(STRANGER, "list_names", {}, hidden).history) == []


def test_identity_leaves_public_operations_alone() -> None:
    writer = Writer()
    writer.history = History({}, public_operations=frozenset({"health"}))
    assert Identity().judge(writer.call(STRANGER, "health", {}, ok({})).history) == []


CLAIMED = Probe("identity", 1, "claimed", "alice")


def unproven(*accepted: Channel) -> Writer:
    """A client that says to be alice reads by two operations; no credential proves anything."""
    writer = Writer()
    writer.history.unproven_identity = "the argument user_id"
    writer.history.accepted = frozenset(accepted)
    note = marker("alice", 1)
    writer.call(ALICE, "add", {"user_id": "alice-1", "text": note}, ok({"id": 1}))
    writer.call(ANYBODY, "search", {"user_id": "alice-1"}, ok({"notes": []}), CLAIMED)
    writer.call(ANYBODY, "list", {"user_id": "alice-1"}, ok([{"text": note}]), CLAIMED)
    return writer.call(ANYBODY, "get", {"user_id": "alice-1"}, ok({"text": note}), CLAIMED)


def test_unproven_identity_is_one_finding_with_two_calls_and_all_operations() -> None:
    (suspicion,) = Identity().judge(unproven().history)
    assert suspicion.calls == (1, 3)
    assert suspicion.operations == ("list", "get")
    assert suspicion.summary == (
        "any client that reaches this server can act as any user: the argument user_id says who "
        "calls, and no credential proves it (list, get)"
    )
    assert Identity().opportunities(unproven().history) == {"search": 1, "list": 1, "get": 1}


def test_unproven_identity_is_silent_where_it_is_accepted_or_a_credential_proves_it() -> None:
    accepted = unproven(Channel.UNAUTHENTICATED_IDENTITY)
    assert Identity().judge(accepted.history) == []
    assert not Identity().opportunities(accepted.history)
    proven = unproven()
    proven.history.unproven_identity = ""
    assert Identity().judge(proven.history) == []


def test_unproven_identity_is_silent_where_the_claim_shows_nothing_of_the_user() -> None:
    writer = Writer()
    writer.history.unproven_identity = "nothing"
    writer.call(ALICE, "add", {"text": marker("alice", 1)}, ok({"id": 1}))
    writer.call(ANYBODY, "list", {}, ok([]), CLAIMED)
    assert Identity().judge(writer.history) == []


@pytest.mark.parametrize("gone", ["merged", "denied", ""])
def test_identity_is_silent_where_what_is_gone_is_looked_up_before_any_credential(
    gone: str,
) -> None:
    lost = Answer(Outcome.ERROR, 200, {}, {}, "not_found", "no hike KK272S")
    writer = Writer().call(ALICE, "add", {}, ok({"id": "KK272S"}))
    writer.call(ALICE, "show", {"code": "QQQQQQ"}, replace(lost, message="no hike QQQQQQ"))
    if gone == "merged":
        writer.call(ALICE, "merge", {"other": "KK272S"}, ok({"id": "WJYYRU"}))
    # Bob is told so of what is alice's.
    writer.call(ALICE if gone == "denied" else BOB, "show", {"code": "KK272S"}, lost)
    writer.call(STRANGER, "show", {"code": "KK272S"}, lost)
    assert bool(Identity().judge(writer.history)) is not bool(gone)
