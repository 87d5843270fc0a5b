"""The ownership oracle where an object is shared: what explains that its owner reads another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from crosstalk.core.history import Outcome, Probe
from crosstalk.oracles import Ownership, Revocation
from tests.unit.crosstalk.core.policy.stories import (
    ALICE,
    BOB,
    CAROL,
    NOTE,
    SHARE,
    TEXT,
    Story,
    sharing_policy,
)

NOTES = "rest:GET /notes/{note_id}"
PEOPLE = "rest:GET /notes/{note_id}/people"
REMOVE = "rest:DELETE /notes/{note_id}"
SHARES = replace(SHARE, ends=(*SHARE.ends, "DELETE /notes/{note_id}"))


def _read(
    story: Story, part: Literal["before", "after"], body: Any, operation: str = NOTES
) -> Story:
    outcome = Outcome.ERROR if body is None else Outcome.OK
    probe = Probe("ownership", 1, part, "alice")
    return story.call(ALICE, operation, {"note_id": NOTE}, body, outcome=outcome, probe=probe)


def _begun(operation: str = NOTES) -> Story:
    story = Story(sharing_policy(SHARES)).stored().shared()
    return _read(story, "before", {"id": NOTE, "text": TEXT}, operation)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.OK])
def test_person_who_shares_on_explains_no_change(outcome: Outcome) -> None:
    story = _begun().call(BOB, "rest:PUT /notes/{note_id}", {"note_id": NOTE}, {"ok": True})
    given = {"note_id": NOTE, "username": "carol-0001"}
    story.call(BOB, f"rest:{SHARE.opens[0]}", given, {"shared": True}, outcome=outcome)
    assert Ownership().judge(_read(story, "after", {"id": NOTE, "text": "other"}).history)


def test_person_who_leaves_explains_who_is_left() -> None:
    story = _begun(PEOPLE).taken_back("bob", by=BOB)
    assert not Ownership().judge(_read(story, "after", {"id": NOTE}, PEOPLE).history)


def test_person_who_removes_another_explains_nothing_and_keeps_their_share() -> None:
    story = _begun(PEOPLE).taken_back("carol", by=BOB)
    assert Ownership().judge(_read(story, "after", {"id": NOTE}, PEOPLE).history)
    assert not Revocation().judge(story.read(BOB).history)


def test_person_who_leaves_does_not_remove_what_was_shared() -> None:
    story = _begun().call(BOB, REMOVE, {"note_id": NOTE}, {"id": NOTE})
    assert Ownership().judge(_read(story, "after", None).history)


def test_person_who_leaves_may_end_a_reading_of_more_than_the_object() -> None:
    share = "rest:GET /notes/{note_id}/shares/{share_id}"
    probe = Probe("ownership", 1, "before", "alice")
    given = {"note_id": NOTE, "share_id": "11111111-2222-4333-8444-000000000009"}
    story = Story(sharing_policy(SHARES)).stored().shared()
    story.call(ALICE, share, given, {"id": given["share_id"]}, probe=probe).taken_back(
        "bob", by=BOB
    )
    story.call(ALICE, share, given, None, outcome=Outcome.ERROR, probe=replace(probe, part="after"))
    assert not Ownership().judge(story.history)


def test_owner_who_takes_back_explains_what_the_person_reads() -> None:
    probe = Probe("ownership", 1, "before", "bob")
    story = Story(sharing_policy()).stored().shared()
    story.call(BOB, "rest:GET /shared", {}, [NOTE], probe=probe).taken_back()
    story.call(BOB, "rest:GET /shared", {}, [], probe=replace(probe, part="after"))
    assert not Ownership().judge(story.history)
    story = Story(sharing_policy()).stored().shared()
    story.call(BOB, "rest:GET /shared", {}, [NOTE], probe=probe).taken_back("bob", by=CAROL)
    story.call(BOB, "rest:GET /shared", {}, [], probe=replace(probe, part="after"))
    assert Ownership().judge(story.history)
