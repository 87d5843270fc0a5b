"""The canary oracle on histories written by hand."""

from __future__ import annotations

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.identifiers import marker
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import Allow, Person, Share
from crosstalk.core.principals import CAROL
from crosstalk.oracles import Canary
from crosstalk.oracles.controls import controls_of
from tests.unit.crosstalk.histories import ALICE, BOB, STRANGER, Writer, ok, refused

SECRET = marker("alice", 1)
TASK = "01a1fc95-41f3-7131-b962-eac9f4851703"


def test_canary_fires_when_a_planted_value_reaches_another_user() -> None:
    story = Writer()
    story.call(ALICE, "add", {"title": f"note {SECRET}"}, ok({"id": TASK}))
    story.call(BOB, "list", {}, ok({"items": [{"title": f"note {SECRET}"}]}))
    (suspicion,) = Canary().judge(story.history)
    assert suspicion.calls == (2,)
    assert SECRET in suspicion.summary


def test_a_marker_of_an_earlier_example_stays_the_users_that_it_names() -> None:
    for new_users, found in ((True, 1), (False, 0)):
        story = Writer()
        story.history.new_users = new_users
        # One's own name says nothing: it may be the same user's.
        story.call(ALICE, "list", {}, ok({"items": [{"title": f"note {marker('alice', 9)}"}]}))
        story.call(BOB, "list", {}, ok({"items": [{"title": f"note {SECRET}"}]}))
        assert [each.calls for each in Canary().judge(story.history)] == [(2,)] * found
        assert History.from_json(story.history.to_json()).new_users is new_users


@pytest.mark.parametrize(
    ("tenant", "shares", "found"), [("blue", False, 1), ("red", False, 0), ("blue", True, 0)]
)
def test_marker_of_an_earlier_example_is_another_tenants(
    tenant: str, *, shares: bool, found: int
) -> None:
    people = {"alice": Person("alice", "red"), "bob": Person("bob", tenant)}
    opening = (Share(opens=("share",), person="to", object="id"),) if shares else ()
    story = Writer()
    story.history.new_users = True
    story.history.policy = Policy(people, allows=(Allow(("*",), "tenant"),), shares=opening)
    story.call(BOB, "list", {}, ok({"items": [{"title": f"note {SECRET}"}]}))
    assert len(Canary().judge(story.history)) == found


def test_marker_that_existing_users_stored_before_the_run_is_nobodys() -> None:
    story = Writer()
    left = marker("alice", 0x30B00C3C)
    # Whoever is known to have stored it in between.
    story.history.supplied = {"bob": frozenset({left})}
    for reader in (ALICE, BOB, CAROL):
        story.call(reader, "list", {}, ok({"items": [{"title": f"note {left}"}]}))
    # Who tries it as a reference has it from an answer, and does not own it.
    story.call(BOB, "get", {"note": left}, ok({"note": left}))
    story.call(ALICE, "list", {}, ok({"items": [{"title": f"note {left}"}]}))
    assert not Canary().judge(story.history)


@pytest.mark.parametrize(
    ("saying", "shares", "found"),
    [(["alice"], False, 1), (["alice", "bob"], False, 0), (["alice"], True, 0)],
)
def test_marker_that_an_existing_user_alone_said_in_an_earlier_example_stays_that_users(
    saying: list[str], *, shares: bool, found: int
) -> None:
    story = Writer()
    story.history.supplied = {"alice": frozenset({SECRET})}
    story.history.said = {each: frozenset({SECRET}) for each in saying}
    if shares:
        people = {each: Person(each) for each in ("alice", "bob", "carol")}
        opening = (Share(opens=("share",), person="to", object="id"),)
        story.history.policy = Policy(people, shares=opening)
    # That its owner reads it first gives it to no other user.
    for reader in (ALICE, CAROL):
        story.call(reader, "list", {}, ok({"items": [{"title": f"note {SECRET}"}]}))
    assert [each.calls for each in Canary().judge(story.history)] == [(2,)] * found


def test_canary_fires_for_an_id_that_the_system_gave_to_another() -> None:
    story = Writer().call(ALICE, "add", {}, ok({"id": TASK}))
    story.call(BOB, "list", {}, ok({"ids": [TASK.upper()]}))
    assert len(Canary().judge(story.history)) == 1


def test_canary_fires_for_a_value_in_an_error_text_and_in_a_header() -> None:
    story = Writer().call(ALICE, "add", {"title": SECRET}, ok({}))
    story.call(BOB, "get", {}, Answer(Outcome.ERROR, 500, f"duplicate key ({SECRET})", {}))
    story.call(BOB, "get", {}, Answer(Outcome.OK, 200, {}, {"x-last": SECRET}))
    assert [each.calls for each in Canary().judge(story.history)] == [(2,), (3,)]


def test_canary_fires_for_a_value_in_a_message_that_came_before_the_reply() -> None:
    story = Writer().call(ALICE, "add", {"title": SECRET}, ok({}))
    notice = {"method": "notifications/message", "params": {"data": f"stored {SECRET}"}}
    story.call(BOB, "list", {}, Answer(Outcome.OK, 200, [], {}, unsolicited=(notice,)))
    (suspicion,) = Canary().judge(story.history)
    assert "came with the answer" in suspicion.summary


def test_canary_takes_a_message_beside_the_answer_for_no_proof_that_a_call_worked() -> None:
    story = Writer().call(ALICE, "add", {"title": SECRET}, ok({}))
    story.call(ALICE, "list", {}, Answer(Outcome.OK, 200, [], {}, unsolicited=(SECRET,)))
    assert controls_of(story.history)["list"].own_reads == 0
    assert Canary().judge(story.history) == []


def test_canary_fires_for_a_stranger() -> None:
    story = Writer().call(ALICE, "add", {"title": SECRET}, ok({}))
    story.call(STRANGER, "list", {}, ok([SECRET]))
    assert len(Canary().judge(story.history)) == 1


def test_canary_is_silent_when_callers_get_back_what_they_supplied() -> None:
    story = Writer().call(ALICE, "add", {"title": SECRET}, ok({"id": TASK}))
    story.call(BOB, "get", {"task_id": TASK}, Answer(Outcome.ERROR, 404, f"no task {TASK}", {}))
    story.call(BOB, "messages", {}, ok({"content": f"you asked for {TASK}"}))
    assert Canary().judge(story.history) == []


def test_canary_is_silent_when_a_title_is_cut_off_within_an_id_that_the_caller_wrote() -> None:
    text = "change 01a1fdd3-04b9-75a0-8c1f-0123456789ab please"
    title = ok({"title": "change 01a1fdd3-04b9-75a0-"})
    story = Writer().call(ALICE, "create", {"text": text}, title)
    story.call(BOB, "create", {"text": text}, title)
    assert Canary().judge(story.history) == []


def test_canary_is_silent_for_owners_and_for_public_values() -> None:
    story = Writer()
    story.history = History({"alice": "a", "bob": "b"}, public_values=frozenset({TASK}))
    story.call(ALICE, "add", {"title": SECRET}, ok({"id": TASK}))
    story.call(ALICE, "list", {}, ok([SECRET]))
    story.call(BOB, "list", {}, ok([TASK]))
    assert Canary().judge(story.history) == []


def test_canary_had_an_opportunity_where_own_data_was_shown_while_others_had_secrets() -> None:
    own = ok([{"id": TASK}])
    story = Writer().call(BOB, "list", {}, own)
    story.call(ALICE, "add", {"title": SECRET}, ok({}))
    story.call(BOB, "list", {}, own)
    story.call(BOB, "list", {}, ok([]))
    story.call(BOB, "list", {}, refused(404, "not_found"))
    assert Canary().opportunities(story.history) == {"list": 1}


def test_canary_fires_when_a_shared_cache_may_keep_what_a_user_received() -> None:
    def answer(directives: str) -> Answer:
        return Answer(Outcome.OK, 200, {"title": SECRET}, {"cache-control": directives})

    for directives, fires in (
        ("public, max-age=60", True),
        ("s-maxage=5", True),
        ("private, max-age=60", False),
        ("no-store", False),
        ("max-age=60", False),
    ):
        story = Writer().call(ALICE, "rest:POST /tasks", {"title": SECRET}, answer(directives))
        story.call(ALICE, "rest:GET /tasks", {}, answer(directives))
        assert bool(Canary().judge(story.history)) is fires, directives


@pytest.mark.parametrize(
    ("vary", "fires"),
    [("Authorization", False), ("Accept-Encoding, Cookie", False), ("Origin", True), ("*", False)],
)
def test_cache_that_keeps_the_answers_of_users_apart_is_no_leak(vary: str, fires: bool) -> None:
    headers = {"cache-control": "public, max-age=60", "vary": vary}
    answer = Answer(Outcome.OK, 200, {"title": SECRET}, headers)
    story = Writer().call(ALICE, "rest:POST /tasks", {"title": SECRET}, answer)
    story.call(ALICE, "rest:GET /tasks", {}, answer)
    assert bool(Canary().judge(story.history)) is fires


def test_canary_had_an_opportunity_where_answers_differ_though_nothing_marks_them() -> None:
    story = Writer().call(ALICE, "add", {"title": SECRET}, ok({"ok": True}))
    story.call(BOB, "status", {}, ok({"up": "yes"})).call(BOB, "status", {}, ok({"up": "yes"}))
    story.call(BOB, "count", {}, ok({"n": 1})).call(BOB, "count", {}, ok({"n": 2}))
    assert Canary().opportunities(story.history) == {"count": 2}


def test_field_of_an_object_that_existed_before_and_is_another_users_is_a_leak() -> None:
    details = frozenset({("text", "payroll of March")})
    writer = Writer()
    writer.history.owned = (OwnedObject("bob", "document", "2", 1, details),)
    read = "rest:GET /documents/{document_id}"
    writer.call(BOB, read, {"document_id": 2}, ok({"id": 2, "text": "payroll of March"}))
    writer.call(ALICE, read, {"document_id": 2}, ok({"id": 2, "text": "payroll of March"}))
    (found,) = Canary().judge(writer.history)
    assert found.calls == (2,)
    assert "payroll of March" in found.summary


def test_validator_of_equal_answers_is_no_users_value_and_a_marker_in_it_is() -> None:
    tag = "1a-Mwav5cAbezI3qIAzDrTbpTJxcBk"
    writer = Writer().call(BOB, "summary", {}, ok({"kinds": 0}, 200, etag=tag))
    writer.call(ALICE, "summary", {}, ok({"kinds": 0}, 200, etag=tag))
    assert Canary().judge(writer.history) == []
    planted = marker("bob", 1)
    writer.call(BOB, "add", {"text": planted}, ok({}))
    writer.call(ALICE, "summary", {}, ok({}, 200, etag=f'"{planted}"'))
    assert len(Canary().judge(writer.history)) == 1


def test_slug_made_of_the_callers_own_words_is_no_other_users() -> None:
    title, slug = "note xtalicez00000001", "note-xtalicez00000001"
    writer = Writer().call(ALICE, "add", {"title": title}, ok({"slug": slug}))
    told = writer.call(BOB, "list", {}, ok([{"slug": slug}]))
    assert len(Canary().judge(told.history)) == 1
    writer = Writer().call(ALICE, "add", {"title": title}, ok({"slug": slug}))
    same = writer.call(BOB, "add", {"title": title}, ok({"slug": f"{slug}-2"}))
    assert Canary().judge(same.call(BOB, "list", {}, ok([{"slug": slug}])).history) == []


@pytest.mark.parametrize(("tenant", "found"), [("red", 0), ("green", 1)])
def test_slug_made_of_words_that_a_colleague_sent_is_the_colleagues(
    tenant: str, found: int
) -> None:
    title, slug = "note xtalicez00000001", "note-xtalicez00000001"
    people = {
        "alice": Person("alice", "blue"),
        "bob": Person("bob", "red"),
        "carol": Person("carol", tenant),
    }
    writer = Writer()
    writer.history.policy = Policy(people, allows=(Allow(("*",), "tenant"),))
    writer.call(ALICE, "add", {"title": title}, ok({"slug": slug}))
    writer.call(BOB, "add", {"title": title}, ok({"slug": slug}))
    writer.call(CAROL, "list", {}, ok([{"slug": slug}]))
    assert len(Canary().judge(writer.history)) == found


def test_value_that_a_user_stored_before_the_history_began_may_come_back() -> None:
    other = "01a1fc95-41f3-4131-b962-000000000007"

    def told(stored: frozenset[str]) -> Writer:
        writer = Writer()
        writer.history.supplied = {"bob": stored}
        writer.call(ALICE, "list", {}, ok([{"id": other}]))
        return writer.call(BOB, "list", {}, ok([{"id": "n", "text": f"see {other}"}]))

    assert Canary().judge(told(frozenset()).history)
    assert Canary().judge(told(frozenset({other})).history) == []
