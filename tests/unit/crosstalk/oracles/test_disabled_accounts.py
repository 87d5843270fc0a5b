"""Disabled accounts, on histories written by hand: what the policy permits and the oracles see."""

from __future__ import annotations

from dataclasses import replace

from crosstalk.core.history import Outcome, Probe
from crosstalk.core.policy import Policy, Reserve, Suspend, permits
from crosstalk.oracles import Canary, Function, Ownership, Revocation
from tests.unit.crosstalk.core.policy.stories import ALICE, BOB, CAROL, PEOPLE, TEXT, Story

DISABLE = "rest:POST /admin/accounts/{account_id}/disable"
ENABLE = "rest:POST /admin/accounts/{account_id}/enable"
ACCOUNTS = "rest:GET /admin/accounts"
NOTES = "rest:GET /notes"
TOOLS = "mcp-protocol:tools/list"
# Bob is the administrator.
POLICY = Policy(
    people=PEOPLE,
    reserves=(Reserve(("admin",), ("* /admin/*",)),),
    suspends=(Suspend(("admin",), (DISABLE,), (ENABLE,), "account_id", (ACCOUNTS,)),),
    newcomers=True,
)
ALICE_ID = {"account_id": "alice-0001"}


def begun() -> Story:
    """Alice stores a note and reads it."""
    return Story(POLICY).stored().call(ALICE, NOTES, {}, {"items": [{"text": TEXT}]})


def test_account_that_is_served_as_before_is_a_finding_once_it_is_disabled() -> None:
    story = begun().call(BOB, DISABLE, ALICE_ID, {"disabled": True})
    assert not Revocation().judge(story.history)
    story.call(ALICE, NOTES, {}, {"items": [{"text": TEXT}]})
    (found,) = Revocation().judge(story.history)
    assert found.operation == NOTES
    assert "had disabled the account" in found.summary
    assert "admin disable account_id" in found.summary


def test_refusal_of_a_disabled_account_is_an_opportunity_and_no_finding() -> None:
    story = begun().call(BOB, DISABLE, ALICE_ID, {"disabled": True})
    story.call(ALICE, NOTES, {}, None, outcome=Outcome.REFUSED)
    assert not Revocation().judge(story.history)
    assert Revocation().opportunities(story.history) == {NOTES: 1}


def test_enabled_account_is_served_again() -> None:
    story = begun().call(BOB, DISABLE, ALICE_ID, {"ok": 1}).call(BOB, ENABLE, ALICE_ID, {"ok": 1})
    story.call(ALICE, NOTES, {}, {"items": [{"text": TEXT}]})
    assert not Revocation().judge(story.history)


def test_answer_that_every_user_gets_alike_is_no_finding() -> None:
    story = Story(POLICY).call(ALICE, TOOLS, {}, {"tools": ["add"]})
    story.call(BOB, DISABLE, ALICE_ID, {"ok": 1}).call(ALICE, TOOLS, {}, {"tools": ["add"]})
    assert not Revocation().judge(story.history)


def test_call_that_is_refused_or_made_by_a_member_disables_no_user() -> None:
    by_a_member = begun().call(CAROL, DISABLE, ALICE_ID, {"ok": 1})
    by_a_member.call(ALICE, NOTES, {}, {"items": [{"text": TEXT}]})
    assert not Revocation().judge(by_a_member.history)
    assert Function().judge(by_a_member.history), "the member was served"
    refused = begun().call(BOB, DISABLE, ALICE_ID, None, outcome=Outcome.REFUSED)
    refused.call(ALICE, NOTES, {}, {"items": [{"text": TEXT}]})
    assert not Revocation().judge(refused.history)


def test_administrator_sees_who_has_an_account_and_nothing_else_of_a_user() -> None:
    named = begun().call(BOB, ACCOUNTS, {}, {"items": [{"account_id": "alice-0001"}]})
    assert not Canary().judge(named.history)
    shown = begun().call(BOB, ACCOUNTS, {}, {"items": [{"account_id": "alice-0001", "n": TEXT}]})
    assert Canary().judge(shown.history)
    history = begun().history
    assert permits(POLICY, history, "alice", "bob", DISABLE, change=True)
    assert not permits(POLICY, history, "alice", "carol", DISABLE, change=True)
    keyed = {"alice-0001", "bob-0002", "a key"}
    assert permits(POLICY, history, "alice", "bob", DISABLE, keyed, change=True)


def test_administrator_who_names_another_account_may_change_nothing_of_the_user() -> None:
    story = begun()
    one, other = Probe("ownership", 1, "before", "alice"), Probe("ownership", 1, "after", "alice")
    story.call(ALICE, NOTES, {}, {"items": [{"text": TEXT}]}, probe=one)
    story.call(BOB, ENABLE, {"account_id": "bob-0002"}, {"ok": 1})
    story.call(ALICE, NOTES, {}, {"items": []}, probe=other)
    assert Ownership().judge(story.history)


def test_newcomers_have_no_role_and_known_people_keep_their_roles() -> None:
    among = POLICY.among(["bob", "dora"])
    assert among.people["bob"].roles == ("admin",)
    assert among.people["dora"].roles == ()
    assert Policy.from_json(POLICY.to_json()) == POLICY
    assert not replace(POLICY, newcomers=False).impersonal


def test_repeat_with_the_key_of_an_earlier_call_disables_no_user() -> None:
    keyed = {**ALICE_ID, "Idempotency-Key": "k"}
    story = begun().call(BOB, DISABLE, keyed, {"ok": 1}).call(BOB, ENABLE, ALICE_ID, {"ok": 1})
    story.call(BOB, DISABLE, keyed, {"ok": 1}).call(ALICE, NOTES, {}, {"items": [{"text": TEXT}]})
    assert not Revocation().judge(story.history)
