"""Offers that only members are given: they end with the membership, and not before."""

from __future__ import annotations

import pytest

from crosstalk.core.policy import Policy, Share, permits
from tests.unit.crosstalk.core.policy.stories import ALICE, BOB, NOTE, PEOPLE, Story

INVITE = "rest:POST /notes/{note_id}/invitations"
GIVE = "rest:POST /notes/{note_id}/heirs"
ACCEPT = "rest:POST /invitations/{invitation_id}/accept"
ROLE = "rest:PATCH /notes/{note_id}/members/{username}"
REMOVE = "rest:DELETE /notes/{note_id}/members/{username}"
READ = Share((INVITE,), "username", "note_id", (REMOVE,), (ACCEPT,))
EDIT = Share(
    (ROLE,),
    "username",
    "note_id",
    (REMOVE, ROLE),
    change=True,
    where={"role": "editor"},
    members=True,
)
INHERIT = Share(
    (GIVE,), "username", "note_id", (), (ACCEPT,), change=True, members=True, transfers=True
)
POLICY = Policy(PEOPLE, shares=(READ, EDIT, INHERIT))
INVITED, OFFERED = (f"11111111-2222-4333-8444-00000000000{each}" for each in (2, 3))


def _story(ends: str, **said: str) -> Story:
    """Bob is a member who is offered the note, and accepts after another call of alice's."""
    named = {"note_id": NOTE, "username": "bob-0001"}
    story = Story(POLICY).stored().call(ALICE, INVITE, named, {"id": INVITED})
    story = story.call(BOB, ACCEPT, {"invitation_id": INVITED}, {"ok": True})
    story = story.call(ALICE, GIVE, named, {"id": OFFERED})
    story = story.call(ALICE, ends, {**named, **said}, {"ok": True})
    return story.call(BOB, ACCEPT, {"invitation_id": OFFERED}, {"ok": True})


@pytest.mark.parametrize("what", [[NOTE], [OFFERED]])
def test_offer_to_a_member_is_void_once_they_are_none(what: list[str]) -> None:
    story = _story(REMOVE)
    assert not permits(POLICY, story.history, "alice", "bob", "rest:GET /notes/{note_id}", what)


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_offer_to_a_member_outlives_another_role(role: str) -> None:
    story = _story(ROLE, role=role)
    assert permits(POLICY, story.history, "alice", "bob", "rest:GET /notes/{note_id}", [NOTE])
    changed = (POLICY, story.history, "alice", "bob", "rest:PUT /notes/{note_id}", [NOTE])
    assert permits(*changed, change=True)
