"""The ownership oracle where an object is shared: what explains that its owner reads another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from crosstalk.core.history import Outcome, Probe
from crosstalk.oracles import Canary, Ownership, Revocation
from tests.unit.crosstalk.core.policy.stories import (
    ALICE,
    BOB,
    CAROL,
    LATER,
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


def test_reading_that_says_who_reads_is_about_the_object_alone() -> None:
    asked = {"user_id": "alice-0001", "note_id": NOTE}
    probe = Probe("ownership", 1, "before", "alice")
    story = Story(sharing_policy(SHARES)).stored().shared()
    story.call(ALICE, NOTES, asked, {"id": NOTE, "text": TEXT}, probe=probe)
    story.call(BOB, REMOVE, {"user_id": "bob-0001", "note_id": NOTE}, {"id": NOTE})
    after = replace(probe, part="after")
    story.call(ALICE, NOTES, asked, None, outcome=Outcome.ERROR, probe=after)
    assert Ownership().judge(story.history)


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


def test_editor_of_one_note_is_none_of_another_that_they_read() -> None:
    edits = replace(SHARE, opens=("PUT /notes/{note_id}/editors",), change=True)
    other = "11111111-2222-4333-8444-000000000002"
    story = Story(sharing_policy(SHARE, edits)).stored().shared()
    story.call(ALICE, "rest:POST /notes", {"text": "note"}, {"id": other})
    given = {"note_id": other, "username": "bob-0001"}
    # The answer names the person together with the other note.
    story.call(ALICE, f"rest:{edits.opens[0]}", given, {"note_id": other, "user_id": "bob-0001"})
    _read(story, "before", {"id": NOTE, "text": TEXT})
    told = {"note_id": NOTE, "user_id": "bob-0001", "text": "note xtbobz00000001"}
    story.call(BOB, "rest:PUT /notes/{note_id}", told, {"ok": True})
    assert Ownership().judge(_read(story, "after", {"id": NOTE, "text": "changed"}).history)


def test_note_that_names_its_owner_is_no_part_of_all_that_the_owner_shares() -> None:
    other = "11111111-2222-4333-8444-000000000002"
    owned = {"id": other, "text": LATER, "owner_id": "alice-0001"}
    story = Story(sharing_policy()).stored()
    given = {"note_id": NOTE, "username": "bob-0001"}
    story.call(ALICE, f"rest:{SHARE.opens[0]}", given, {"id": NOTE, "owner_id": "alice-0001"})
    story.call(ALICE, "rest:POST /notes", {"text": LATER}, owned)
    story.call(BOB, "rest:GET /notes", {}, [owned])
    assert Canary().judge(story.history)
    assert not Canary().judge(Story(sharing_policy()).stored().shared().read(BOB).history)


@pytest.mark.parametrize(
    ("outcome", "status", "explains"),
    [
        (Outcome.OK, 200, True),
        (Outcome.ERROR, 404, False),
        (Outcome.REFUSED, 403, False),
        # It may have stored something before it failed.
        (Outcome.ERROR, 500, True),
    ],
)
def test_refused_change_of_an_editor_explains_no_change_by_another(
    outcome: Outcome, status: int, explains: bool
) -> None:
    story = Story(sharing_policy(replace(SHARE, change=True))).stored().shared()
    _read(story, "before", {"id": NOTE, "text": TEXT})
    edit = {"note_id": NOTE}
    story.call(BOB, "rest:PUT /notes/{note_id}", edit, {}, outcome=outcome)
    *earlier, last = story.history.calls
    answered = replace(last, answer=replace(last.answer, status=status))
    story.history.calls[:] = [*earlier, answered]
    story.call(CAROL, "rest:PUT /notes/{note_id}", edit, {"ok": True})
    after = _read(story, "after", {"id": NOTE, "text": "other"})
    assert bool(Ownership().judge(after.history)) is not explains
