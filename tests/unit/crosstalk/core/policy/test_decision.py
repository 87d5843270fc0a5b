from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.core.history import Actor, History, Outcome
from crosstalk.core.policy import Allow, Policy, Reserve, Share, decide, may_call, permits
from crosstalk.core.policy.objects import values_about
from tests.unit.crosstalk.core.policy.stories import (
    ALICE,
    BOB,
    CAROL,
    LATER,
    NOTE,
    PEOPLE,
    SHARE,
    TEXT,
    Story,
    sharing_policy,
)

READ = "rest:GET /notes/{note_id}"
MARKER = TEXT.rpartition(" ")[2]


def permitted(story: Story, target: str = "bob", value: str = NOTE, **asked: bool) -> bool:
    """Whether the note, or a value of it, may reach a user after the last call."""
    policy = story.history.policy
    assert policy is not None
    return permits(policy, story.history, "alice", target, READ, {value}, None, **asked)


def test_a_note_is_shared_until_it_is_taken_back() -> None:
    story = Story(sharing_policy()).stored()
    assert not permitted(story)
    assert permitted(story.shared())
    assert not permitted(story, "carol")
    assert not permitted(story.taken_back())
    assert permitted(story.shared())


def test_contents_of_a_note_are_shared_with_it() -> None:
    story = Story(sharing_policy()).stored().shared()
    assert permitted(story, value=MARKER)
    later = {"note_id": NOTE, "text": LATER}
    story.call(ALICE, "rest:PATCH /notes/{note_id}", later, {"id": NOTE})
    assert permitted(story, value=LATER.rpartition(" ")[2])
    assert not permitted(story, value="xtalicez000000ff")


def test_reading_is_no_right_to_change() -> None:
    assert not permitted(Story(sharing_policy()).stored().shared(), change=True)
    writers = sharing_policy(replace(SHARE, change=True))
    assert permitted(Story(writers).stored().shared(), change=True)


def test_only_the_owner_shares_and_only_served_calls_count() -> None:
    assert not permitted(Story(sharing_policy()).stored().shared("bob", by=CAROL))
    refused = Story(sharing_policy()).stored()
    given_ = {"note_id": NOTE, "username": "bob-0001"}
    refused.call(ALICE, f"rest:{SHARE.opens[0]}", given_, None, outcome=Outcome.ERROR)
    assert not permitted(refused)


def test_a_stranger_ends_nothing_and_a_person_may_leave() -> None:
    assert permitted(Story(sharing_policy()).stored().shared().taken_back(by=CAROL))
    assert not permitted(Story(sharing_policy()).stored().shared().taken_back(by=BOB))


INVITATION = "11111111-2222-4333-8444-0000000000aa"
ACCEPT = ("POST /invitations/{invitation_id}/accept",)
INVITING = replace(SHARE, accept=ACCEPT)


def accepted(story: Story, by: Actor, rule: Share = INVITING) -> Story:
    """Have a user accept the invitation."""
    return story.call(by, f"rest:{rule.accept[0]}", {"invitation_id": INVITATION}, {"member": True})


def offered(story: Story, person: str = "bob", by: Actor = ALICE, **said: str) -> Story:
    """Have a user invite a person to the note."""
    given_ = {"note_id": NOTE, "username": story.history.subjects[person], **said}
    body = {"id": INVITATION, "note_id": NOTE}
    return story.call(by, f"rest:{INVITING.opens[0]}", given_, body)


def test_an_invitation_counts_once_it_is_accepted() -> None:
    story = offered(Story(sharing_policy(INVITING)).stored())
    assert not permitted(story, value=MARKER)
    accepted(story, CAROL)
    assert not permitted(story, value=MARKER)
    assert not permitted(story, "carol")
    accepted(story, BOB)
    assert permitted(story, value=MARKER)


def test_an_offer_shows_its_person_what_it_names_and_nothing_in_it() -> None:
    story = offered(Story(sharing_policy(INVITING)).stored())
    assert permitted(story)
    assert permitted(story, value=INVITATION)
    assert not permitted(story, value=MARKER)
    assert not permitted(story, change=True)
    assert not permitted(story, "carol", value=INVITATION)


def test_a_share_with_a_condition_opens_where_the_call_says_so() -> None:
    editing = replace(INVITING, change=True, where={"role": "editor"})
    for role, expected in (("viewer", False), ("editor", True)):
        story = offered(Story(sharing_policy(INVITING, editing)).stored(), role=role)
        accepted(story, BOB)
        assert permitted(story)
        assert permitted(story, change=True) is expected


def test_a_role_that_is_given_anew_ends_the_one_before() -> None:
    patch = ("PATCH /notes/{note_id}/shares",)
    editing = replace(
        SHARE, opens=patch, ends=(*SHARE.ends, *patch), change=True, where={"role": "editor"}
    )
    story = Story(sharing_policy(SHARE, editing)).stored().shared()
    for role in ("editor", "editor", "viewer"):
        given_ = {"note_id": NOTE, "username": "bob-0001", "role": role}
        story.call(ALICE, f"rest:{patch[0]}", given_, {"role": role})
        assert permitted(story, change=True) is (role == "editor")
    assert permitted(story)
    assert not permitted(story.taken_back())


def test_new_owner_has_the_object_and_shares_it_on() -> None:
    handing = replace(INVITING, where={"role": "owner"}, transfers=True, change=True)
    story = Story(sharing_policy(INVITING, handing)).stored()
    accepted(offered(story, "carol"), CAROL)
    accepted(offered(story, "bob", role="owner"), BOB)
    later = {"note_id": NOTE, "text": LATER}
    story.call(BOB, "rest:PATCH /notes/{note_id}", later, {"id": NOTE, "text": LATER})
    policy, value = story.history.policy, LATER.rpartition(" ")[2]
    assert policy is not None
    found = {
        target: permits(policy, story.history, "bob", target, READ, {value})
        for target in ("alice", "carol")
    }
    assert found == {"alice": False, "carol": True}
    story.taken_back("carol", by=BOB)
    assert not permits(policy, story.history, "bob", "carol", READ, {value})
    assert not permitted(story, "carol")


def test_a_call_that_is_repeated_with_its_key_does_nothing_again() -> None:
    story = Story(sharing_policy()).stored().shared()
    given_ = {"note_id": NOTE, "username": "bob-0001", "Idempotency-Key": "k"}
    story.call(ALICE, f"rest:{SHARE.ends[0]}", given_, {"shared": False})
    assert permitted(story.shared())
    story.call(ALICE, f"rest:{SHARE.ends[0]}", given_, {"shared": False})
    assert permitted(story)


def test_members_of_a_group_have_what_the_group_was_given() -> None:
    group = "11111111-2222-4333-8444-0000000000bb"
    joins = Share(
        opens=("POST /groups/{group_id}/members",),
        person="username",
        object="group_id",
        ends=("DELETE /groups/{group_id}/members/{username}",),
    )
    story = Story(sharing_policy(replace(SHARE, person="group_id"), joins)).stored()
    story.call(ALICE, "rest:POST /groups", {"name": "team"}, {"id": group})
    shared = {"note_id": NOTE, "group_id": group}
    story.call(ALICE, f"rest:{SHARE.opens[0]}", shared, {"shared": True})
    assert not permitted(story)
    member = {"group_id": group, "username": "bob-0001"}
    story.call(ALICE, f"rest:{joins.opens[0]}", member, {"member": True})
    assert permitted(story)
    story.call(ALICE, f"rest:{joins.ends[0]}", member, {"member": False})
    assert not permitted(story)
    assert decide(story.history.policy, story.history, "alice", "bob", READ, {NOTE}).lost  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "target", "expected"),
    [
        (Allow(("admin",), "any"), "bob", True),
        (Allow(("admin",), "any"), "carol", False),
        (Allow(("carol",), "tenant"), "carol", False),
        (Allow(("bob",), "tenant"), "bob", True),
        (Allow(("*",), "any", when="subject.tenant == owner.tenant"), "bob", True),
        (Allow(("*",), "any", when="subject.tenant == owner.tenant"), "carol", False),
        (Allow(("*",), "any", ("GET /other",)), "bob", False),
        (Allow(("*",), "any", ("GET /notes/*",)), "carol", True),
    ],
)
def test_rules_allow_by_role_scope_operation_and_condition(
    rule: Allow, target: str, expected: bool
) -> None:
    policy = Policy(people=PEOPLE, allows=(rule,))
    found = decide(policy, History({}), "alice", target, READ, ())
    assert found.permitted is expected
    assert not expected or found.rule == str(rule)


def test_a_tenant_is_the_boundary_where_the_policy_says_so() -> None:
    policy = Policy(people=PEOPLE, boundary="tenant")
    assert permits(policy, History({}), "alice", "bob", READ)
    assert not permits(policy, History({}), "alice", "carol", READ)
    assert not permits(policy, History({}), "alice", None, READ)


def test_a_role_that_is_given_and_withdrawn_opens_what_is_reserved() -> None:
    gives = Share(("PUT /roles",), "username", role="staff", ends=("DELETE /roles/{username}",))
    policy = Policy(
        people=PEOPLE,
        reserves=(Reserve(("staff",), ("GET /report",)), Reserve(("admin",), ("* /roles*",))),
        shares=(gives,),
    )
    story = Story(policy)

    def able() -> bool:
        return may_call(policy, story.history, "carol", "rest:GET /report")[0]

    assert not able()
    story.call(ALICE, "rest:PUT /roles", {"username": "carol-0001"}, {"ok": True})
    assert not able(), "only who may give roles gives them"
    story.call(BOB, "rest:PUT /roles", {"username": "carol-0001"}, {"ok": True})
    assert able()
    story.call(BOB, "rest:DELETE /roles/{username}", {"username": "carol-0001"}, {"ok": True})
    assert not able()


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["shared", "taken_back", "read"]),
        st.sampled_from([ALICE, BOB, CAROL]),
        st.sampled_from(["bob", "carol"]),
    ),
    max_size=12,
)


def _played(acts: list[tuple[str, object, str]]) -> Story:
    story = Story(sharing_policy()).stored()
    for act, actor, person in acts:
        if act == "shared":
            story.shared(person, by=actor)  # type: ignore[arg-type]
        elif act == "taken_back":
            story.taken_back(person, by=actor)  # type: ignore[arg-type]
        else:
            story.read(actor)  # type: ignore[arg-type]
    return story


@settings(deadline=None)
@given(ACTS, ACTS)
def test_later_calls_change_no_earlier_decision(
    before: list[tuple[str, object, str]], after: list[tuple[str, object, str]]
) -> None:
    policy = sharing_policy()
    short, long = (
        _played([*before, ("read", BOB, "bob")]),
        _played([*before, ("read", BOB, "bob"), *after]),
    )
    moment = short.history.calls[-1]
    for target in ("bob", "carol"):
        asked = ("alice", target, READ, {NOTE}, moment)
        one, other = (permits(policy, each.history, *asked) for each in (short, long))
        assert one is other


@given(ACTS)
def test_the_last_act_of_the_owner_decides(acts: list[tuple[str, object, str]]) -> None:
    story = _played(acts)
    holds = False
    for act, actor, person in acts:
        if person == "bob" and act == "shared" and actor == ALICE:
            holds = True
        elif person == "bob" and act == "taken_back" and actor in (ALICE, BOB):
            holds = False
    assert permitted(story) is holds


def test_policies_and_histories_are_saved_and_read_again() -> None:
    policy = Policy(
        people=PEOPLE,
        boundary="tenant",
        allows=(Allow(("admin",), "any", when="owner.tenant == 'acme'"),),
        reserves=(Reserve(("admin",), ("* /admin/*",)),),
        shares=(SHARE,),
    )
    assert Policy.from_json(policy.to_json()) == policy
    history = Story(policy).stored().history
    assert History.from_json(history.to_json()).policy == policy


MEMBER = "bob-0001"


def test_person_who_leaves_one_object_keeps_what_else_its_owner_shares() -> None:
    other = "11111111-2222-4333-8444-000000000002"
    story = Story(sharing_policy()).stored()
    story.call(ALICE, "rest:POST /notes", {"text": "more"}, {"id": other, "text": "more"})
    for note in (NOTE, other):
        given = {"note_id": note, "username": MEMBER}
        story.call(ALICE, SHARE.opens[0], given, {"note_id": note, "member_id": MEMBER})
    story.call(BOB, SHARE.ends[0], {"note_id": NOTE, "member_id": MEMBER}, {})
    history = story.history
    assert not permits(sharing_policy(), history, "alice", "bob", "rest:GET /notes", {NOTE})
    assert permits(sharing_policy(), history, "alice", "bob", "rest:GET /notes", {other})


def test_call_is_not_about_the_object_that_another_users_key_made() -> None:
    key, task = "xtalicez000000a1", "11111111-2222-4333-8444-000000000002"
    story = Story(sharing_policy(replace(SHARE, change=True)))
    story.call(ALICE, "rest:POST /notes", {"text": TEXT, "Idempotency-Key": key}, {"id": NOTE})
    story.shared()
    story.call(ALICE, "rest:POST /tasks", {"title": LATER}, {"id": task})
    story.call(BOB, "rest:DELETE /tasks/{task_id}", {"task_id": task, "Idempotency-Key": key})
    history = story.history
    call = history.calls[-1]
    about = values_about(call, set(history.subjects.values()))
    assert about == {task}
    asked = (call.operation, about, call)
    assert not permits(history.policy, history, "alice", "bob", *asked, change=True)  # type: ignore[arg-type]
