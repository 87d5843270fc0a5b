"""Oracles that judge by a policy, on histories written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.core.history import Answer, Call, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.policy import Allow, Fields, Policy, Reserve, Share
from crosstalk.oracles import (
    ORACLES,
    POLICY_ORACLES,
    Canary,
    Delegation,
    Escalation,
    Existence,
    Function,
    Ownership,
    Property,
    Revocation,
    oracles_under,
)
from tests.unit.crosstalk.core.policy.stories import (
    ALICE,
    BOB,
    CAROL,
    NOTE,
    PEOPLE,
    TEXT,
    Story,
    sharing_policy,
)

REPORT, LIST = "rest:GET /admin/report", "rest:GET /shared"
ADMINS = Policy(people=PEOPLE, reserves=(Reserve(("admin",), ("* /admin/*",)),))


def test_without_a_policy_the_same_oracles_judge_as_before() -> None:
    assert oracles_under(None) == ORACLES
    history = Story(None).stored().shared().read(BOB).history
    assert Canary().judge(history)
    for each in POLICY_ORACLES:
        assert each.judge(history) == []
        assert not each.opportunities(history)


def test_function_fires_where_a_reserved_operation_is_served_to_a_user_without_the_role() -> None:
    served = Story(ADMINS).call(ALICE, REPORT, {}, {"takings": 1}).history
    (found,) = Function().judge(served)
    assert found.operation == REPORT
    assert "reserve * /admin/* for admin" in found.summary
    assert not Function().judge(Story(ADMINS).call(BOB, REPORT, {}, {"takings": 1}).history)


def test_function_has_no_opportunity_until_a_user_with_the_role_was_served() -> None:
    story = Story(ADMINS).call(ALICE, REPORT, {}, None, outcome=Outcome.REFUSED)
    assert not Function().opportunities(story.history)
    story.call(BOB, REPORT, {}, {"takings": 1})
    assert Function().opportunities(story.history) == {REPORT: 1}


def test_function_takes_a_denial_that_is_no_error_for_a_denial() -> None:
    story = Story(ADMINS).call(ALICE, REPORT, {}, {"error": "forbidden"})
    assert not Function().judge(story.history)


def test_revocation_fires_where_a_note_that_was_taken_back_is_served_again() -> None:
    story = Story(sharing_policy()).stored().shared().read(BOB)
    assert not Canary().judge(story.history), "what is shared is no leak"
    story.taken_back().read(BOB)
    (found,) = Revocation().judge(story.history)
    assert found.calls == (2, 4, 5)
    assert "share note_id with username" in found.summary
    assert not Canary().judge(story.history)


def test_revocation_reads_lists_and_has_its_controls() -> None:
    story = Story(sharing_policy()).stored().shared()
    story.call(BOB, LIST, {}, [{"id": NOTE, "text": TEXT}]).taken_back()
    assert not Revocation().opportunities(story.history)
    story.call(BOB, LIST, {}, [])
    assert Revocation().opportunities(story.history) == {LIST: 1}
    assert not Revocation().judge(story.history)
    story.call(BOB, LIST, {}, [{"id": NOTE, "text": TEXT}])
    assert len(Revocation().judge(story.history)) == 1


def test_never_shared_is_the_canarys_and_not_revocations() -> None:
    history = Story(sharing_policy()).stored().shared().taken_back().read(CAROL).history
    assert Canary().judge(history)
    assert not Revocation().judge(history)


def test_revocation_fires_where_a_withdrawn_role_still_opens_what_is_reserved() -> None:
    gives = Share(("PUT /roles",), "username", role="admin", ends=("DELETE /roles/{username}",))
    policy = replace(
        ADMINS, reserves=(*ADMINS.reserves, Reserve(("admin",), ("* /roles*",))), shares=(gives,)
    )
    story = Story(policy)
    story.call(BOB, "rest:PUT /roles", {"username": "carol-0001"}, {"ok": True})
    story.call(CAROL, REPORT, {}, {"takings": 1})
    story.call(BOB, "rest:DELETE /roles/{username}", {"username": "carol-0001"}, {"ok": True})
    assert not Revocation().judge(story.history)
    story.call(CAROL, REPORT, {}, {"takings": 1})
    (found,) = Revocation().judge(story.history)
    assert found.calls == (1, 3, 4)
    assert not Function().judge(story.history)
    assert Revocation().opportunities(story.history) == {REPORT: 1}


def test_property_fires_on_forbidden_fields_and_on_others_own_fields() -> None:
    directory = Allow(("*",), "any")
    fields = Fields(("*password*",), ("phone",))
    policy = Policy(people=PEOPLE, allows=(directory,), fields=fields)

    def card(actor: object, **more: str) -> list[str]:
        story = Story(policy).stored()
        body = {"id": NOTE, "owner": "alice-0001", **more}
        story.call(actor, "rest:GET /cards/{card_id}", {"card_id": NOTE}, body)  # type: ignore[arg-type]
        return [each.summary for each in Property().judge(story.history)]

    assert card(BOB, name="a") == []
    assert len(card(ALICE, password_hash="x1y2")) == 1
    assert card(ALICE, password_hash="****") == []
    assert card(ALICE, phone="555") == []
    assert "'phone' of alice" in card(BOB, phone="555")[0]
    (both,) = card(BOB, password_hash="x1y2", phone="555")
    assert "'password_hash'" in both
    assert "'phone'" in both


@pytest.mark.parametrize(
    ("operation", "body", "found"),
    [
        ("rest:GET /users/{username}", {"id": 2, "phone": "555"}, True),
        ("rest:GET /notes", [{"id": "9", "owner_id": 2, "phone": "555"}], True),
        # Each kind of object has a number 2.
        ("rest:GET /bookings/{booking_id}", {"id": "2", "phone": "555"}, False),
        ("rest:GET /bookings", [{"id": 2, "seats": 1, "phone": "555"}], False),
        ("rest:GET /bookings", [{"id": 7, "seats": 2, "phone": "555"}], False),
    ],
)
def test_users_with_numbers_for_ids_own_what_names_them_as_users(
    operation: str, body: object, *, found: bool
) -> None:
    story = Story(Policy(people=PEOPLE, fields=Fields(own=("phone",))))
    subjects = {**story.history.subjects, "alice": "2", "bob": "3"}
    story.history = History(subjects, policy=story.history.policy)
    story.call(BOB, operation, {}, body)
    assert bool(Property().judge(story.history)) is found


def test_ownership_permits_what_sharing_lets_a_user_change() -> None:
    def changed(policy: Policy) -> bool:
        story = Story(policy).stored().shared()
        read = ("rest:GET /notes/{note_id}", {"note_id": NOTE})
        before = Probe("ownership", 1, "before", "alice")
        story.call(ALICE, *read, {"id": NOTE, "text": TEXT}, probe=before)
        write = {"note_id": NOTE, "text": "other"}
        attack = Probe("ownership", 1, "attack", "alice")
        story.call(BOB, "rest:PUT /notes/{note_id}", write, {"id": NOTE}, probe=attack)
        after = Probe("ownership", 1, "after", "alice")
        story.call(ALICE, *read, {"id": NOTE, "text": "other"}, probe=after)
        return bool(Ownership().judge(story.history))

    assert changed(sharing_policy())
    assert not changed(sharing_policy(replace(sharing_policy().shares[0], change=True)))


def _trial(
    before: object,
    after: object,
    arguments: Mapping[str, object],
    reader: object,
    alone: str = "",
) -> Story:
    story, victim = Story(ADMINS), "bob"
    if alone:
        probe = Probe("escalation", 1, "alone", victim)
        story.call(ALICE, "rest:PATCH /me", {"text": alone}, {"ok": True}, probe=probe)
    listing = "rest:GET /me"
    story.call(reader, listing, {}, before, probe=Probe("escalation", 1, "before", victim))  # type: ignore[arg-type]
    attack = Probe("escalation", 1, "attack", victim)
    story.call(ALICE, "rest:PATCH /me", arguments, {"ok": True}, probe=attack)
    return story.call(reader, listing, {}, after, probe=Probe("escalation", 1, "after", victim))  # type: ignore[arg-type]


def test_escalation_fires_where_a_role_that_was_sent_is_kept() -> None:
    sent = {"name": "x", "role": "admin", "is_admin": True}
    story = _trial({"role": "member"}, {"role": "admin"}, sent, ALICE)
    (found,) = Escalation().judge(story.history)
    assert found.operation == "rest:PATCH /me"
    assert found.calls == (1, 2, 3)
    assert not Escalation().judge(
        _trial({"role": "member"}, {"role": "member"}, sent, ALICE).history
    )
    assert Escalation().opportunities(story.history) == {"rest:PATCH /me": 1}


@pytest.mark.parametrize(("alone", "times"), [(True, 1), (False, 0)])
def test_refusal_of_undeclared_fields_is_an_opportunity_where_the_call_is_served_without_them(
    alone: bool, times: int
) -> None:
    story = Story(ADMINS)
    if alone:
        probe = Probe("escalation", 1, "alone", "bob")
        story.call(ALICE, "rest:PATCH /me", {"text": "x"}, {"ok": True}, probe=probe)
    attack = Probe("escalation", 1, "attack", "bob")
    given = {"text": "x", "owner_id": "bob-0001"}
    story.call(ALICE, "rest:PATCH /me", given, {}, outcome=Outcome.ERROR, probe=attack)
    assert Escalation().opportunities(story.history).total() == times


def test_escalation_fires_where_what_is_sent_becomes_another_users() -> None:
    sent = {"text": TEXT, "owner_id": "bob-0001"}
    plain = marker("alice", 77)
    (found,) = Escalation().judge(_trial([], [{"text": TEXT}], sent, BOB, plain).history)
    assert "among what is bob's" in found.summary
    assert found.calls == (1, 2, 3, 4)


def test_escalation_is_silent_where_the_call_without_the_fields_crosses_as_well() -> None:
    sent, plain = {"text": TEXT, "owner_id": "bob-0001"}, marker("alice", 77)
    shown = [{"text": plain}]
    leaking = _trial(shown, [*shown, {"text": TEXT}], sent, BOB, plain)
    assert not Escalation().judge(leaking.history)
    # Without that call there is nothing to compare with.
    assert not Escalation().judge(_trial([], [{"text": TEXT}], sent, BOB).history)


def test_escalation_fires_where_a_reserved_operation_is_served_afterwards() -> None:
    story = Story(ADMINS)
    before, attack, after = (
        Probe("escalation", 1, part, "bob") for part in ("before", "attack", "after")
    )
    story.call(ALICE, REPORT, {}, None, outcome=Outcome.REFUSED, probe=before)
    story.call(ALICE, "rest:PATCH /me", {"role": "admin"}, {"ok": True}, probe=attack)
    story.call(ALICE, REPORT, {}, {"takings": 1}, probe=after)
    (found,) = Escalation().judge(story.history)
    assert "reserve * /admin/* for admin" in found.summary


def test_words_that_a_colleague_sends_on_are_no_leak() -> None:
    """A user of one's own tenant may repeat what a user outside of it has sent."""
    policy = Policy(people=PEOPLE, boundary="tenant")
    story = Story(policy)
    word = "xtcarolz00000009"
    story.call(CAROL, "rest:POST /notes", {"text": word}, {"id": NOTE[:-1] + "7"})
    story.call(ALICE, "rest:POST /notes", {"text": word}, {"id": NOTE[:-1] + "8"})
    story.call(BOB, "rest:GET /notes", {}, [{"id": NOTE[:-1] + "8", "text": word}])
    assert not Canary().judge(story.history)


def test_delegation_fires_where_an_agent_shows_what_its_user_may_not_call() -> None:
    chat, asked = "rest:POST /chat", {"message": "call report"}

    def story(*answers: object) -> Story:
        before, attack = (Probe("delegation", 1, part, "alice") for part in ("before", "attack"))
        told = Story(ADMINS).call(BOB, REPORT, {}, {"takings": 48211}, probe=before)
        for actor, answer in zip((ALICE, BOB), answers, strict=False):
            told.call(actor, chat, asked, answer, probe=attack)
        return told

    (found,) = Delegation().judge(story({"text": "takings are 48211"}).history)
    assert (found.operation, found.calls) == (chat, (1, 2))
    assert "reserve * /admin/* for admin" in found.summary
    silent = story({"text": "I may not"}, {"text": "takings are 48211"})
    assert not Delegation().judge(silent.history)
    assert Delegation().opportunities(silent.history) == {chat: 1}
    useless = story({"text": "I may not"}, {"text": "I cannot"})
    assert not Delegation().opportunities(useless.history), "an agent that shows nobody anything"


@pytest.mark.parametrize("scope", ["any", "own"])
def test_existence_of_what_others_may_be_shown_elsewhere_is_no_secret(scope: Any) -> None:
    policy = Policy(people=PEOPLE, allows=(Allow(("*",), scope, ("* /notes*",)),))
    remarks, missing = "rest:GET /remarks", "c0ffee00-1111-4222-8333-444455556666"
    story = Story(policy).stored()
    for part, note in (("foreign", NOTE), ("missing", missing)):
        answer = Answer(Outcome.OK, 200, []) if note == NOTE else Answer(Outcome.ERROR, 404, None)
        index = len(story.history) + 1
        probe = Probe("existence", 1, part, "alice")  # type: ignore[arg-type]
        given = {"note_id": note}
        story.history.record(Call(index, BOB, remarks, given, answer, index, index + 0.5, probe))
    found = [each.operation for each in Existence().judge(story.history)]
    assert found == ([] if scope == "any" else [remarks])
