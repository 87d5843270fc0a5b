"""Sharing with whoever says a code: what it gives, to whom, and when it ends."""

from __future__ import annotations

import pytest

from crosstalk.core.policy import Policy, Share, permits
from crosstalk.core.policy.codes import code_of
from crosstalk.core.policy.sharing import leaves
from tests.unit.crosstalk.core.policy.stories import ALICE, BOB, CAROL, NOTE, PEOPLE, TEXT, Story

MAKE = "rest:POST /notes/{note_id}/links"
OPEN = "rest:POST /shared"
REVOKE = "rest:DELETE /links/{token}"
LEAVE = "rest:POST /notes/{note_id}/leave"
RULE = Share((MAKE,), "", "note_id", (MAKE, REVOKE, LEAVE), (OPEN,), code="token")
POLICY = Policy(PEOPLE, shares=(RULE,))


def _told() -> Story:
    url = "https://x.example/shared/kD3q?by=mail"
    return Story(POLICY).stored().call(ALICE, MAKE, {"note_id": NOTE}, {"id": "l1", "url": url})


def _may(story: Story, person: str = "bob") -> bool:
    return permits(
        POLICY, story.history, "alice", person, "rest:GET /notes/{note_id}", [NOTE, TEXT]
    )


def test_code_gives_what_it_is_for_to_its_sayer_alone() -> None:
    story = _told()
    assert not _may(story)
    story.call(BOB, OPEN, {"token": "kD3q"}, {"text": TEXT})
    assert _may(story)
    assert not _may(story, "carol")
    assert not _may(_told().call(BOB, OPEN, {"token": "other"}, {"text": TEXT}))


def test_code_that_was_taken_back_gives_nothing() -> None:
    story = _told().call(ALICE, REVOKE, {"token": "kD3q"}, {"ok": True})
    story.call(BOB, OPEN, {"token": "kD3q"}, {"text": TEXT})
    assert not _may(story)


def test_new_code_ends_the_old_one_and_takes_nothing_from_who_has_said_it() -> None:
    story = _told().call(BOB, OPEN, {"token": "kD3q"}, {"text": TEXT})
    story.call(ALICE, MAKE, {"note_id": NOTE}, {"id": "l2", "url": "/shared/Zz9w"})
    story.call(CAROL, OPEN, {"token": "kD3q"}, {"text": TEXT})
    assert _may(story)
    assert not _may(story, "carol")


@pytest.mark.parametrize(("leaver", "stays"), [(ALICE, True), (BOB, False), (CAROL, True)])
def test_leaver_takes_nothing_from_others(leaver: object, stays: bool) -> None:
    story = _told().call(BOB, OPEN, {"token": "kD3q"}, {"text": TEXT})
    story.call(leaver, LEAVE, {"note_id": NOTE}, {"ok": True})  # type: ignore[arg-type]
    assert _may(story) is stays


def test_code_for_what_the_same_call_makes() -> None:
    rule = Share(("rest:POST /notes",), "", "note_id", (), (OPEN,), code="token")
    policy = Policy(PEOPLE, shares=(rule,))
    story = Story(policy).call(
        ALICE, "rest:POST /notes", {"text": TEXT}, {"id": NOTE, "text": TEXT, "code": "kD3q"}
    )
    story.call(BOB, OPEN, {"token": "kD3q"}, {"text": TEXT})
    asked = (policy, story.history, "alice", "bob", "rest:GET /notes/{note_id}", [NOTE])
    assert permits(*asked)
    assert not permits(*asked, change=True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id": NOTE, "token": "a1"}, "a1"),
        ({"id": NOTE, "link": "/s/a1"}, "a1"),
        ({"id": "a1"}, "a1"),
        ({"ok": True}, ""),
    ],
)
def test_code_is_found_by_its_name_or_what_it_looks_like(body: object, code: str) -> None:
    story = Story(POLICY).call(ALICE, MAKE, {"note_id": NOTE}, body)
    assert code_of(story.history.calls[0], "token") == code


@pytest.mark.parametrize(
    ("operation", "alone"),
    [("mcp:leave_note", True), ("rest:POST /clubs/{club_id}/leave", True), ("mcp:unshare", False)],
)
def test_operation_that_is_called_leaving_ends_its_callers_share_alone(
    operation: str, alone: bool
) -> None:
    assert leaves(operation) is alone
