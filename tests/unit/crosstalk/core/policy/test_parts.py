"""What members add to a shared object, and see of it first, is its owner's."""

from __future__ import annotations

from dataclasses import replace

from crosstalk.core.history import Actor, History
from crosstalk.core.policy.parts import parts_of
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.canary import Canary
from crosstalk.oracles.revocation import Revocation
from tests.unit.crosstalk.core.policy.stories import (
    ALICE,
    BOB,
    CAROL,
    NOTE,
    SHARE,
    Story,
    sharing_policy,
)

ITEM = "11111111-2222-4333-8444-0000000000cc"
ADDED = "item xtbobz00000001"
MARKER = "xtbobz00000001"
EDITING = replace(SHARE, change=True)


def added(by: Actor = BOB, rules: tuple[object, ...] = (EDITING,)) -> Story:
    """Have a member add an item to alice's note."""
    story = Story(sharing_policy(*rules)).stored().shared().shared("carol")  # type: ignore[arg-type]
    given = {"note_id": NOTE, "text": ADDED}
    return story.call(by, "rest:POST /items", given, {"id": ITEM, **given})


def read(story: Story, actor: Actor) -> Story:
    """Have a user read the item."""
    body = {"id": ITEM, "note_id": NOTE, "text": ADDED}
    return story.call(actor, "rest:GET /items/{item_id}", {"item_id": ITEM}, body)


def suspicions(history: History) -> list[str]:
    """The oracles that fire, by name."""
    return [each.oracle for oracle in (Canary(), Revocation()) for each in oracle.judge(history)]


def test_text_of_an_editor_is_the_owners_and_reaches_every_member() -> None:
    story = added()
    for actor in (ALICE, CAROL, BOB):
        read(story, actor)
    policy = story.history.policy
    assert policy is not None
    assert parts_of(policy, story.history).owners == {MARKER: "alice", ITEM: "alice"}
    assert suspicions(story.history) == []
    assert MARKER in observations(story.history)[-3].own


def test_text_of_an_editor_is_not_served_to_members_who_lost_it() -> None:
    story = added().taken_back("carol").taken_back()
    assert suspicions(read(story, CAROL).history) == ["revocation"]


def test_text_of_a_viewer_is_not_meant_to_reach_the_owner() -> None:
    assert suspicions(read(added(rules=(SHARE,)), ALICE).history) == ["canary"]


def test_text_that_was_refused_before_is_the_owners_once_it_is_stored() -> None:
    story = Story(sharing_policy(EDITING)).stored().shared()
    given = {"note_id": NOTE, "text": ADDED}
    # The agent is refused, and its chat is served.
    story.call(BOB, "rest:POST /chat", {"message": f"add {ADDED}"}, {"said": f"no {ADDED}"})
    story.call(BOB, "rest:GET /chats", {}, [{"title": f"add {ADDED}"}])
    story.call(BOB, "rest:POST /items", given, {"id": ITEM, **given})
    assert suspicions(read(story, ALICE).history) == []


def test_id_that_a_member_sees_first_is_the_owners() -> None:
    story = Story(sharing_policy()).stored().shared()
    read(read(story, BOB), ALICE)
    assert suspicions(story.history) == []


TALK = "11111111-2222-4333-8444-0000000000dd"
OTHER_TALK = "11111111-2222-4333-8444-0000000000ee"
SHOWN = "note xtalicez00000001"


def said(story: Story, talk: str, text: str = SHOWN) -> Story:
    """Have bob's agent show a text in a conversation."""
    body = {"conversation_id": talk, "text": text}
    return story.call(BOB, "rest:POST /chat", {"message": "show it"}, body)


def test_conversation_keeps_what_it_showed_and_shows_nothing_new() -> None:
    policy = replace(sharing_policy(), transcripts=("POST /chat",))
    story = said(Story(policy).stored().shared(), TALK).taken_back()
    assert suspicions(said(story, TALK).history) == []
    # Another conversation does not hold it.
    assert suspicions(said(story, OTHER_TALK).history) == ["revocation"]
    later = "note xtalicez00000002"
    story.call(ALICE, "rest:PATCH /notes/{note_id}", {"note_id": NOTE, "text": later}, {"id": NOTE})
    assert len(suspicions(said(story, TALK, later).history)) == 2


def test_call_about_a_lost_object_is_not_served_even_without_its_values() -> None:
    story = Story(sharing_policy()).stored().shared()
    asked = {"note_id": NOTE}
    story.call(BOB, "rest:GET /notes/{note_id}/readers", asked, {"readers": 2}).taken_back()
    story.call(BOB, "rest:GET /notes/{note_id}/readers", asked, [])
    assert suspicions(story.history) == []
    story.call(BOB, "rest:GET /notes/{note_id}/readers", asked, {"readers": 2})
    assert suspicions(story.history) == ["revocation"]


def test_object_that_an_owner_makes_in_a_shared_one_is_a_part_of_it() -> None:
    story = Story(sharing_policy(SHARE)).stored().shared()
    term = "11111111-2222-4333-8444-0000000000dd"
    story.call(ALICE, "rest:POST /notes/{note_id}/terms", {"note_id": NOTE}, {"id": term})
    # The list does not say of what it is one: its address does.
    listed = {"page": 1, "terms": [{"id": term}]}
    story.call(BOB, "rest:GET /notes/{note_id}/terms", {"note_id": NOTE}, listed)
    assert suspicions(story.history) == []
    other = "11111111-2222-4333-8444-0000000000ee"
    story.call(ALICE, "rest:POST /terms", {}, {"id": other})
    story.call(BOB, "rest:GET /terms", {}, [{"id": other}])
    assert suspicions(story.history) == ["canary"]
