"""The existence oracle on histories written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.core.history import Answer, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.oracles import Existence
from crosstalk.oracles.existence import times
from crosstalk.oracles.numbers.given import numbers_given
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

FOREIGN = Probe("existence", 1, "foreign", "alice")
MISSING = Probe("existence", 1, "missing", "alice")
HERS = "01a1fc95-41f3-7131-b962-eac9f4851703"
NONE = "7b1f6f0e-8d0a-4b7c-9f43-0d7f3c7b2a11"


def pair(first: Answer, second: Answer) -> Writer:
    """Bob asks for alice's id, and for one that no user has."""
    return (
        Writer()
        .call(ALICE, "add", {}, ok({"id": HERS}))
        .call(BOB, "get", {"task_id": HERS, "user_id": "bob"}, first, FOREIGN)
        .call(BOB, "get", {"task_id": NONE, "user_id": "bob"}, second, MISSING)
    )


@pytest.mark.parametrize(
    ("first", "second", "told_by"),
    [
        (refused(403, "forbidden"), refused(404, "forbidden"), "status"),
        (refused(404, "forbidden"), refused(404, "not_found"), "code"),
        (refused(404, "x", "not yours"), refused(404, "x", "no such task"), "message"),
        (ok({"items": [], "total": 1}), ok({"items": [], "total": 0}), "body"),
        (ok({}, 200, etag="1"), ok({}), "headers.etag"),
    ],
)
def test_existence_fires_when_the_two_can_be_told_apart(
    first: Answer, second: Answer, told_by: str
) -> None:
    (suspicion,) = Existence().judge(pair(first, second).history)
    assert told_by in suspicion.summary


def test_existence_is_silent_when_the_answers_differ_by_the_asked_id_and_the_time_alone() -> None:
    first = Answer(Outcome.ERROR, 404, {"at": "2026-01-01T10:00:00Z", "id": HERS}, {}, "x")
    second = Answer(Outcome.ERROR, 404, {"at": "2026-01-01T10:00:09Z", "id": NONE}, {}, "x")
    assert Existence().judge(pair(first, second).history) == []


def test_time_of_an_answer_is_one_though_its_day_was_sent() -> None:
    writer = Writer().call(ALICE, "add", {}, ok({"id": HERS}))
    for each, second, probe in ((HERS, "24.790868", FOREIGN), (NONE, "24.794384", MISSING)):
        said = Answer(Outcome.ERROR, 404, {"detail": f"none (2026-11-28T19:23:{second}+00:00)"})
        writer.call(BOB, "move", {"task_id": each, "day": "2026-11-28"}, said, probe)
    assert Existence().judge(writer.history) == []


def test_whichever_of_the_two_comes_first() -> None:
    writer = Writer().call(ALICE, "add", {}, ok({"id": HERS}))
    writer.call(BOB, "get", {"task_id": NONE}, refused(404, "not_found"), MISSING)
    writer.call(BOB, "get", {"task_id": HERS}, refused(403, "forbidden"), FOREIGN)
    (suspicion,) = Existence().judge(writer.history)
    assert suspicion.calls == (2, 3)


def test_value_of_a_header_tells_where_it_is_not_new_each_time() -> None:
    def story(first: str, second: str) -> Writer:
        writer = pair(ok({}, 200, **{"x-owner": first}), ok({}, 200, **{"x-owner": second}))
        return writer.call(BOB, "list", {}, ok([], 200, **{"x-owner": "me"})).call(
            BOB, "list", {}, ok([], 200, **{"x-owner": "me"})
        )

    (suspicion,) = Existence().judge(story("other", "me").history)
    assert "headers.x-owner" in suspicion.summary
    assert Existence().judge(story("me", "me").history) == []
    # Each is new: a counter, or made up for the answer.
    assert Existence().judge(pair(*(ok({}, 200, **{"x-n": n}) for n in "12")).history) == []


@pytest.mark.parametrize("name", ["date", "traceparent", "ratelimit-remaining", "content-length"])
def test_headers_that_differ_anyhow_tell_nothing(name: str) -> None:
    with_it, without = ok({}, 200, **{name: "7"}), ok({})
    assert Existence().judge(pair(with_it, without).history) == []


def test_times_of_each_pair_are_kept_for_a_statistic() -> None:
    history = pair(refused(404, "not_found"), refused(404, "not_found")).history
    assert times(history) == {"get": [(0.5, 0.5)]}


def test_existence_says_nothing_where_one_call_was_limited() -> None:
    limited = Answer(Outcome.LIMITED, 429, None)
    assert Existence().judge(pair(limited, refused(404, "not_found")).history) == []


def test_existence_says_nothing_of_an_id_that_is_the_callers_own() -> None:
    writer = Writer().call(BOB, "add", {}, ok({"id": HERS}))
    writer.call(BOB, "get", {"task_id": HERS}, ok({"id": HERS}), FOREIGN)
    writer.call(BOB, "get", {"task_id": NONE}, refused(404, "not_found"), MISSING)
    assert Existence().judge(writer.history) == []


@pytest.mark.parametrize(("answered", "found"), [(ok({"id": HERS}), 0), (refused(409, "x"), 1)])
def test_existence_says_nothing_of_an_id_under_which_the_caller_put_something(
    answered: Answer, found: int
) -> None:
    writer = Writer().call(ALICE, "rest:POST /notes", {}, ok({"id": HERS}))
    writer.call(BOB, "rest:PUT /notes/{id}", {"id": HERS, "title": "mine"}, answered)
    writer.call(BOB, "rest:DELETE /notes/{id}", {"id": HERS}, ok(None, 204), FOREIGN)
    writer.call(BOB, "rest:DELETE /notes/{id}", {"id": NONE}, refused(404, "x"), MISSING)
    assert len(Existence().judge(writer.history)) == found


def test_existence_fires_where_the_put_itself_tells_the_two_apart() -> None:
    writer = Writer().call(ALICE, "rest:POST /notes", {}, ok({"id": HERS}))
    writer.call(BOB, "rest:PUT /notes/{id}", {"id": HERS}, ok({"n": 1}, 200), FOREIGN)
    writer.call(BOB, "rest:PUT /notes/{id}", {"id": NONE}, ok({"n": 1}, 201), MISSING)
    assert len(Existence().judge(writer.history)) == 1


@pytest.mark.parametrize(("kept", "found"), [(HERS, 0), ("another", 1)])
def test_existence_says_nothing_where_one_of_the_calls_names_one_thing_twice(
    kept: str, found: int
) -> None:
    writer = Writer().call(ALICE, "add", {}, ok({"id": HERS}))
    same = refused(400, "same", "these are the same")
    missing = refused(400, "missing", "there is no such contact")
    writer.call(BOB, "merge", {"keep": kept, "drop": HERS}, same, FOREIGN)
    writer.call(BOB, "merge", {"keep": kept, "drop": NONE}, missing, MISSING)
    assert len(Existence().judge(writer.history)) == found


def test_existence_says_nothing_of_calls_that_differ_in_more_than_the_id() -> None:
    writer = Writer().call(BOB, "get", {"task_id": HERS}, refused(404, "x"), FOREIGN)
    writer.call(BOB, "get", {}, refused(422, "y"), MISSING)
    assert Existence().judge(writer.history) == []
    assert not Existence().opportunities(writer.history)


def test_key_that_a_user_made_up_is_an_id_of_that_user() -> None:
    hers, nobodys = "xtalicez00000001", "xtnobodyz00000002"
    writer = Writer().call(ALICE, "delete", {"task_id": HERS, "key": hers}, ok({}))
    writer.call(BOB, "delete", {"task_id": NONE, "key": hers}, refused(422, "conflict"), FOREIGN)
    writer.call(
        BOB, "delete", {"task_id": NONE, "key": nobodys}, refused(404, "not_found"), MISSING
    )
    (suspicion,) = Existence().judge(writer.history)
    assert "status" in suspicion.summary


def test_existence_fires_when_ids_of_two_users_are_counted_up() -> None:
    def story(*ids: str) -> Writer:
        told = Writer()
        for actor, each in zip((ALICE, BOB), ids, strict=True):
            told.call(actor, "add", {}, ok({"id": each}))
        return told

    counted = story("00000000-0000-0000-0000-000000000007", "00000000-0000-0000-0000-000000000008")
    (suspicion,) = Existence().judge(counted.history)
    assert suspicion.calls == (1, 2)
    drawn = story("01a1fdd3-04b9-75a0-8c1f-0123456789ab", "01a1fdd3-04b9-75a1-b211-0123456789ab")
    assert Existence().judge(drawn.history) == []


def _numbers(known: frozenset[str]) -> Writer:
    """Bob asks for the number of something of alice's, and for one that no user was given."""
    writer = Writer()
    writer.history.public_values = known
    writer.call(ALICE, "add", {"title": "x"}, ok({"id": 41}))
    writer.call(BOB, "get", {"task_id": "41"}, ok({"id": 41, "title": "y"}), FOREIGN)
    return writer.call(BOB, "get", {"task_id": "910721695"}, refused(404, "not_found"), MISSING)


def test_number_that_a_user_was_given_in_an_earlier_history_shows_nothing() -> None:
    assert Existence().judge(_numbers(frozenset()).history)
    assert Existence().judge(_numbers(frozenset({" 41"})).history) == []


def test_numbers_that_were_given_are_those_of_answers_and_not_of_requests() -> None:
    assert numbers_given(_numbers(frozenset()).history) == {" 41"}
    asked = Writer().call(BOB, "get", {"task_id": "7"}, ok({"id": 7})).history
    assert numbers_given(asked) == set()


def _three_tables() -> Writer:
    """Category 1 is alice's, tag 1 is bob's, task 1 is alice's."""
    writer = Writer()
    writer.call(ALICE, "create_category", {"name": "x"}, ok({"category_id": 1}))
    writer.call(BOB, "create_tag", {"name": "x"}, ok({"tag_id": 1}))
    return writer.call(ALICE, "add_task", {"title": "x"}, ok({"task_id": 1}))


def test_number_of_one_kind_is_compared_whoever_holds_that_number_of_another_kind() -> None:
    writer = _three_tables()
    writer.call(BOB, "complete_task", {"task_id": 1}, ok({"code": "FORBIDDEN"}), FOREIGN)
    writer.call(BOB, "complete_task", {"task_id": 900}, ok({"code": "NOT_FOUND"}), MISSING)
    (suspicion,) = Existence().judge(writer.history)
    assert "an id of alice" in suspicion.summary


def test_number_of_an_order_says_nothing_of_the_item_of_that_number() -> None:
    writer = Writer().call(ALICE, "rest:POST /orders", {"address": "x"}, ok({"id": 1}))
    item, other = {"item_id": 1}, {"item_id": 900}
    writer.call(BOB, "rest:GET /items/{item_id}", item, ok({"item": "item 1"}), FOREIGN)
    writer.call(BOB, "rest:GET /items/{item_id}", other, refused(404, "not_found"), MISSING)
    assert Existence().judge(writer.history) == []
    assert not Existence().opportunities(writer.history)


def test_number_that_may_be_of_another_kind_is_evidence_where_it_is_refused() -> None:
    writer = Writer().call(ALICE, "remember", {"text": "x"}, ok({"memory_id": 1}))
    writer.call(BOB, "recall", {"entry_id": 1}, refused(403, "forbidden"), FOREIGN)
    writer.call(BOB, "recall", {"entry_id": 900}, refused(404, "not_found"), MISSING)
    assert Existence().judge(writer.history)


@pytest.mark.parametrize(("number", "told"), [(755580826, True), (7555, False)])
def test_long_number_is_of_no_other_kind_by_chance(*, number: int, told: bool) -> None:
    writer = Writer().call(ALICE, "history", {}, ok({"revisions": [{"id": number}]}))
    writer.call(BOB, "compare", {"new": number}, ok({"lines": "+ secret"}), FOREIGN)
    writer.call(BOB, "compare", {"new": 990345051}, refused(404, "not_found"), MISSING)
    assert bool(Existence().judge(writer.history)) is told


def test_number_that_several_users_hold_of_one_kind_shows_nothing() -> None:
    writer = Writer().call(ALICE, "add_task", {}, ok({"task_id": 1}))
    writer.call(BOB, "add_task", {}, ok({"task_id": 1}))
    writer.call(BOB, "get_task", {"task_id": 1}, ok({}), FOREIGN)
    writer.call(BOB, "get_task", {"task_id": 900}, refused(404, "not_found"), MISSING)
    assert Existence().judge(writer.history) == []


def test_existence_had_an_opportunity_where_the_owner_is_served_that_id_by_that_operation() -> None:
    writer = pair(refused(404, "not_found"), refused(404, "not_found"))
    assert not Existence().opportunities(writer.history)
    writer.call(ALICE, "get", {"task_id": HERS, "user_id": "alice"}, ok({"id": HERS}))
    assert Existence().opportunities(writer.history) == {"get": 1}


@pytest.mark.parametrize(("code", "other"), [("U-WBQV8V6", "U-8VQBW6V"), ("9f3c21ab", "0b1c21aa")])
def test_existence_compares_codes_that_a_system_gave_out(code: str, other: str) -> None:
    writer = (
        Writer()
        .call(ALICE, "add", {"label": "x"}, ok({"code": code}))
        .call(BOB, "get", {"unit": code}, refused(403, "forbidden"), FOREIGN)
        .call(BOB, "get", {"unit": other}, refused(404, "not_found"), MISSING)
    )
    assert [each.operation for each in Existence().judge(writer.history)] == ["get"]


def test_existence_compares_no_code_that_its_user_chose() -> None:
    writer = (
        Writer()
        .call(ALICE, "add", {"code": "north"}, ok({"code": "north"}))
        .call(BOB, "get", {"unit": "north"}, refused(403, "forbidden"), FOREIGN)
        .call(BOB, "get", {"unit": "south"}, refused(404, "not_found"), MISSING)
    )
    assert Existence().judge(writer.history) == []


def test_refusal_that_repeats_a_name_with_a_marker_in_it_is_like_one_that_repeats_an_id() -> None:
    planted = "note xtalicez0000000a"
    writer = Writer().call(ALICE, "add", {"title": planted}, ok({"title": planted}))
    for named, probe in ((planted, FOREIGN), (NONE, MISSING)):
        said = refused(200, "error", f"No book {named} on your shelves.")
        writer.call(BOB, "open", {"book_id": named}, said, probe)
    assert Existence().judge(writer.history) == []


def test_existence_compares_short_ids_that_a_system_draws() -> None:
    writer = Writer().call(ALICE, "add_book", {}, ok({"book_id": "V1StGXR8_Z5j"}))
    for named, code, probe in (
        ("V1StGXR8_Z5j", "forbidden", FOREIGN),
        ("SZS8R5jV_X1t", "not_found", MISSING),
    ):
        writer.call(BOB, "open_book", {"book_id": named}, refused(404, code), probe)
    (suspicion,) = Existence().judge(writer.history)
    assert "code" in suspicion.summary


@pytest.mark.parametrize("field", ["series", "booked"])
def test_existence_compares_codes_under_whatever_name_they_were_given(field: str) -> None:
    writer = Writer().call(ALICE, "add_series", {}, ok({field: "s-zehhg9u5p"}))
    for named, answer, probe in (
        ("s-zehhg9u5p", ok({"cancelled": 4}), FOREIGN),
        ("s-pz59zg9ep", refused(404, "not_found"), MISSING),
    ):
        writer.call(BOB, "cancel_series", {"series": named}, answer, probe)
    assert len(Existence().judge(writer.history)) == 1


def test_existence_compares_a_code_in_prose_by_what_is_served_for_it() -> None:
    writer = Writer().call(ALICE, "lend", {}, ok({"ids": [{"id": "Lf540b3fab0"}]}))
    for named, said, probe in (
        ("Lf540b3fab0", "skipped", FOREIGN),
        ("a5Lf054aa3a", "unknown", MISSING),
    ):
        writer.call(BOB, "mark_returned", {"codes[]": named}, ok({named: said}), probe)
    assert len(Existence().judge(writer.history)) == 1


def test_word_that_an_answer_shows_is_no_code() -> None:
    writer = Writer().call(ALICE, "add_visit", {}, ok({"visit": "mon-morning"}))
    for named, code, probe in (
        ("mon-morning", "taken", FOREIGN),
        ("tue-evening", "free", MISSING),
    ):
        writer.call(BOB, "book_visit", {"visit": named}, refused(409, code), probe)
    assert Existence().judge(writer.history) == []


THEIRS, NEW = "note xtalicez00000001", "note xtbobz00000002"
ANOTHER = "2f6a1f0e-8d0a-4b7c-9f43-0d7f3c7b2a22"


def names(first: Answer, second: Answer) -> Writer:
    """Bob stores something in alice's words, and in new ones."""
    return (
        Writer()
        .call(ALICE, "add", {"title": THEIRS}, ok({"id": HERS, "title": THEIRS}))
        .call(BOB, "add", {"title": THEIRS}, first, Probe("names", 1, "foreign", "alice"))
        .call(BOB, "add", {"title": NEW}, second, Probe("names", 1, "missing", "alice"))
    )


@pytest.mark.parametrize(
    ("first", "second", "told_by"),
    [
        (ok({"id": "n-1", "known": True}), ok({"id": "n-2", "known": False}), "body.known"),
        (ok({"added": 0, "left_out": 1}), ok({"added": 1, "left_out": 0}), "body.added"),
        (ok({"alike": ["Dentist"]}), ok({"alike": []}), "body.alike"),
        (ok("You have that card already."), ok("Card 7 was added."), "body."),
    ],
)
def test_answer_that_says_that_words_are_taken_tells_of_the_other(
    first: Answer, second: Answer, told_by: str
) -> None:
    (suspicion,) = Existence().judge(names(first, second).history)
    assert told_by in suspicion.summary


def test_short_words_belong_to_the_user_who_sent_them_first() -> None:
    foreign, missing = (Probe("names", 1, part, "alice") for part in ("foreign", "missing"))

    def history(*before: str) -> Writer:
        writer = Writer()
        for each in before:
            writer.call(BOB if each == "bob" else ALICE, "add", {"tag": "icez48da9c30"}, ok({}))
        writer.call(BOB, "add", {"tag": "icez48da9c30"}, refused(409, "taken"), foreign)
        return writer.call(BOB, "add", {"tag": "bobz48da9c31"}, ok({}), missing)

    assert len(Existence().judge(history("alice").history)) == 1
    assert Existence().judge(history("bob", "alice").history) == []
    assert Existence().judge(history("alice", "bob").history) == []


def test_prose_in_which_ids_were_found_is_compared_as_prose() -> None:
    first = ok({"text": f"Unknown sheet {HERS}", "ids": [{"id": HERS}]})
    assert Existence().judge(pair(first, ok(f"Unknown sheet {NONE}")).history) == []


def test_words_that_are_refused_for_being_anothers_tell_of_the_other() -> None:
    (suspicion,) = Existence().judge(names(refused(409, "taken"), ok({"n": 2})).history)
    assert "what alice has stored" in suspicion.summary
    assert "status" in suspicion.summary


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ok({"n": 2}), ok({"n": 3})),
        (refused(409, "full"), refused(409, "full")),
    ],
)
def test_words_that_are_served_or_refused_alike_tell_nothing(first: Answer, second: Answer) -> None:
    assert Existence().judge(names(first, second).history) == []


def test_of_a_list_what_differs_is_compared_behind_the_callers_own() -> None:
    writer = (
        Writer()
        .call(ALICE, "add", {}, ok({"id": HERS}))
        .call(BOB, "add", {}, ok({"id": ANOTHER}))
        .call(BOB, "mark", {"ids": [ANOTHER, HERS]}, ok({"skipped": 0}), FOREIGN)
        .call(BOB, "mark", {"ids": [ANOTHER, NONE]}, ok({"skipped": 1}), MISSING)
    )
    (suspicion,) = Existence().judge(writer.history)
    assert suspicion.operation == "mark"


def test_words_that_the_caller_sent_before_are_taken_by_the_caller() -> None:
    foreign, missing = (Probe("names", 1, part, "alice") for part in ("foreign", "missing"))
    writer = Writer().call(ALICE, "add", {"title": THEIRS}, ok({"id": HERS}))
    writer.call(BOB, "add", {"title": THEIRS}, ok({"id": ANOTHER}))
    writer.call(BOB, "add", {"title": THEIRS}, refused(409, "taken"), foreign)
    writer.call(BOB, "add", {"title": NEW}, ok({}), missing)
    assert Existence().judge(writer.history) == []


def test_slug_that_is_no_longer_free_tells_of_the_other() -> None:
    first, second = ok({"slug": "note-xtalicez00000001-2"}), ok({"slug": "note-xtbobz00000002"})
    (suspicion,) = Existence().judge(names(first, second).history)
    assert "body" in suspicion.summary
    first = ok({"slug": "note-xtalicez00000001"})
    assert Existence().judge(names(first, second).history) == []


@pytest.mark.parametrize("before", [True, False])
def test_user_whom_the_caller_has_invited_before_is_refused_for_the_callers_own_act(
    *, before: bool
) -> None:
    bob = "3f0a1c52-7d1e-4a86-9a53-0b1f6f3f1f52"
    story = Writer()
    story.history.subjects = {"alice": "alice-1", "bob": bob}
    story.call(BOB, "rest:GET /me", {}, ok({"user_id": bob}))
    if before:
        story.call(ALICE, "rest:POST /invitations", {"invitee_id": bob}, ok({}, 201))
    taken = refused(409, "conflict", "is invited already")
    for part, named, answer in (
        ("foreign", bob, taken),
        ("missing", "3f0a1c52-7d1e-4a86-9a53-0b1f6f3f1f53", ok({}, 201)),
    ):
        probe = Probe("existence", 1, part, "bob")  # type: ignore[arg-type]
        story.call(ALICE, "rest:POST /invitations", {"invitee_id": named}, answer, probe)
    assert bool(Existence().judge(story.history)) is not before


@pytest.mark.parametrize("foreign_first", [True, False])
def test_a_word_that_is_asked_for_and_repeated_is_nobodys(foreign_first: bool) -> None:
    hers, none = marker("alice", 1), marker("missing", 2)
    writer = Writer().call(ALICE, "add", {"chip": hers}, ok({"id": HERS, "chip": hers}))
    asked = [(hers, True, FOREIGN), (none, False, MISSING)]
    for chip, noted, probe in asked if foreign_first else asked[::-1]:
        writer.call(BOB, "noted", {"chip": chip}, ok({"chip": chip, "noted": noted}), probe)
    (suspicion,) = Existence().judge(writer.history)
    assert "body" in suspicion.summary


def test_message_that_was_cut_off_says_no_more_than_the_text_that_it_begins() -> None:
    def said(task: str, tasks: str) -> Answer:
        text = f"There is no task '{task}'. Tasks: {tasks}"
        return Answer(Outcome.ERROR, 200, text, {}, None, text[:100])

    mine = ", ".join(f"garden {number}" for number in range(20))
    for foreign, found in ((mine, 0), (f"{mine}, hers", 1)):
        writer = Writer().call(ALICE, "add", {}, ok({"id": HERS}))
        writer.call(BOB, "get", {"task_id": HERS}, said(HERS, foreign), FOREIGN)
        writer.call(BOB, "get", {"task_id": "none"}, said("none", mine), MISSING)
        assert len(Existence().judge(writer.history)) == found


def test_a_caller_who_is_not_admitted_tells_nothing() -> None:
    who = Answer(Outcome.REFUSED, 200, None, {}, None, "say who you are: Bearer hiker:<name>")
    missing = Answer(Outcome.ERROR, 200, None, {}, None, "there is no such hike")
    writer = Writer().call(ALICE, "add", {}, ok({"id": HERS}))
    # In the names that this system admits bob has not one.
    writer.call(BOB, "list", {}, who)
    writer.call(BOB, "get", {"task_id": HERS}, who, FOREIGN)
    writer.call(BOB, "get", {"task_id": NONE}, missing, MISSING)
    assert Existence().judge(writer.history) == []


def test_a_refusal_that_is_given_for_anothers_object_alone_tells_of_it() -> None:
    hers = Answer(Outcome.REFUSED, 200, None, {}, None, "this is not yours")
    missing = Answer(Outcome.ERROR, 200, None, {}, None, "there is no such hike")
    writer = Writer().call(ALICE, "add", {}, ok({"id": HERS})).call(BOB, "list", {}, ok([]))
    writer.call(BOB, "edit", {"task_id": HERS}, hers)
    writer.call(BOB, "get", {"task_id": HERS}, hers, FOREIGN)
    writer.call(BOB, "get", {"task_id": NONE}, missing, MISSING)
    assert len(Existence().judge(writer.history)) == 1


@pytest.mark.parametrize("made", [True, False])
def test_a_name_that_the_caller_was_given_for_the_same_words_tells_nothing(*, made: bool) -> None:
    words, other = marker("alice", 1), marker("missing", 2)
    writer = Writer().call(ALICE, "add", {"title": f"note {words}"}, ok({"slug": f"note-{words}"}))
    if made:
        # Slugs are each user's own: both have a trip that is called so.
        writer.call(BOB, "add", {"title": f"note {words}"}, ok({"slug": f"note-{words}"}))
    refusals = (refused(404, "x", "no such stop"), refused(404, "x", "no such trip"))
    for slug, answer, probe in zip((words, other), refusals, (FOREIGN, MISSING), strict=True):
        writer.call(BOB, "get", {"slug": f"note-{slug}", "stop": "b6363299"}, answer, probe)
    assert bool(Existence().judge(writer.history)) is not made


@pytest.mark.parametrize("had", ["too", "before", "not"])
def test_slug_that_several_users_were_given_tells_nothing(had: str) -> None:
    slug = "rome"
    writer = Writer().call(ALICE, "list", {}, ok([{"slug": slug}]))
    if had == "too":
        writer.call(BOB, "list", {}, ok([{"slug": slug}]))
    if had == "before":
        writer.history = replace(writer.history, public_values=frozenset([slug]))
    writer.call(BOB, "get", {"slug": slug, "stop": "1"}, refused(404, "x", "no stop"), FOREIGN)
    writer.call(BOB, "get", {"slug": "none", "stop": "1"}, refused(404, "x", "no trip"), MISSING)
    assert bool(Existence().judge(writer.history)) is (had == "not")


@pytest.mark.parametrize("whose", ["mine", "earlier", "hers"])
def test_search_by_likeness_that_finds_the_callers_own_tells_nothing(whose: str) -> None:
    mine, hers = "mem_cacf0cd549f71753", "mem_815d1030e2c9987d"
    words = (f"note {marker('alice', 1)}", f"note {marker('missing', 2)}")
    writer = Writer().call(ALICE, "add", {"text": words[0]}, ok({"memory_id": hers}))
    if whose == "earlier":
        writer.history = replace(writer.history, public_values=frozenset([mine]))
    else:
        writer.call(BOB, "add", {"text": "like hers"}, ok({"memory_id": mine}))
    found = hers if whose == "hers" else mine
    hits = ok({"hits": [{"memory_id": found, "score": 0.4}]})
    for text, answer, probe in zip(
        words, (hits, ok({"hits": []})), (FOREIGN, MISSING), strict=True
    ):
        writer.call(BOB, "recall", {"query": text}, answer, probe)
    assert bool(Existence().judge(writer.history)) is (whose == "hers")


def test_code_of_another_user_in_a_text_is_compared_with_one_of_no_user() -> None:
    writer = Writer().call(ALICE, "add_note", {}, ok({"code": "U-WBQV8V6K2", "body": "x"}))
    theirs, nobodys = (Probe("names", 7, part, "alice") for part in ("foreign", "missing"))
    made, unknown = ok({"code": "U-ZBQX1V7K9"}), refused(400, "see_also_not_found")
    writer.call(BOB, "add_note", {"see": "U-WBQV8V6K2"}, made, theirs)
    writer.call(BOB, "add_note", {"see": "U-KQ3V7W1BX"}, unknown, nobodys)
    assert len(Existence().judge(writer.history)) == 1


@pytest.mark.parametrize("own", [True, False])
def test_ids_in_lists_are_compared_beside_one_of_the_callers_own_in_each(*, own: bool) -> None:
    first, second, hers = "ddcb79e5ffe861fd", "21ba6bf6ff1f4596", "6c15cbbacaff4903"
    writer = Writer().call(ALICE, "add", {}, ok({"id": hers}))
    for each in (first, second) if own else (first,):
        writer.call(BOB, "add", {}, ok({"id": each}))
    foreign, missing = ([first, hers], [second, "649a5f6e40082b12"])
    writer.call(BOB, "delete", {"ids": foreign}, ok({"gone": [first], "kept": [hers]}), FOREIGN)
    writer.call(BOB, "delete", {"ids": missing}, ok({"gone": [second], "kept": []}), MISSING)
    found = [each for each in Existence().judge(writer.history) if "tell" in each.summary]
    assert bool(found) is own


def test_number_before_a_word_in_a_sentence_counts_the_callers_own() -> None:
    first, second = (ok(f"Waypoint {n}: **{each}**") for n, each in ((1, THEIRS), (2, NEW)))
    assert Existence().judge(names(first, second).history) == []


@pytest.mark.parametrize("leaks", [True, False])
def test_page_that_lists_one_more_of_the_callers_words_after_each_call_tells_nothing(
    *, leaks: bool
) -> None:
    page = "# Packing\n\n- [ ] "
    first = page + THEIRS + ("\n\nIt is on another list" if leaks else "")
    answers = ok({"result": first}), ok({"result": f"{page}{THEIRS}\n\n- [ ] {NEW}"})
    assert bool(Existence().judge(names(*answers).history)) is leaks


@pytest.mark.parametrize("served", [True, False])
def test_code_that_was_refused_before_did_not_become_the_callers(*, served: bool) -> None:
    writer = Writer().call(ALICE, "get_note", {"slug": "n-3222a4a3543d"}, ok({"body": "x"}))
    before = ok({"slug": "n-3222a4a3543d"}) if served else refused(404, "note_not_found")
    writer.call(BOB, "delete_note", {"slug": "n-3222a4a3543d"}, before)
    theirs, nobodys = (Probe("names", 7, part, "alice") for part in ("foreign", "missing"))
    made, unknown = ok({"body": "x"}), refused(400, "see_also_not_found")
    writer.call(BOB, "add_note", {"see": "n-3222a4a3543d"}, made, theirs)
    writer.call(BOB, "add_note", {"see": "n-a73576474a44"}, unknown, nobodys)
    assert bool(Existence().judge(writer.history)) is not served


@pytest.mark.parametrize("leaks", [True, False])
def test_words_that_a_caller_has_looked_for_are_listed_to_them_and_tell_nothing(
    *, leaks: bool
) -> None:
    hers, nobodys, before = marker("alice", 1), marker("missing", 2), marker("bob", 3)
    # One more of the caller's own words stands there at each search.
    shown = [{"found": int(leaks), "lately": [before]}, {"found": 0, "lately": [hers, before]}]
    history = (
        Writer()
        .call(ALICE, "add", {"text": hers}, ok({"done": True}))
        .call(BOB, "search", {"query": before}, ok({"found": 0, "lately": []}))
        .call(BOB, "search", {"query": hers}, ok(shown[0]), FOREIGN)
        .call(BOB, "search", {"query": nobodys}, ok(shown[1]), MISSING)
        .history
    )
    assert bool(Existence().judge(history)) is leaks


@pytest.mark.parametrize("leaks", [False, True])
def test_words_that_an_earlier_replay_has_looked_for_tell_nothing(*, leaks: bool) -> None:
    hers, free, earlier = marker("alice", 1), marker("missing", 2), marker("carol", 9)
    # The list has room for one word, and had one before this history began.
    shown = [{"found": int(leaks), "lately": [earlier]}, {"found": 0, "lately": [hers]}]
    history = (
        Writer()
        .call(ALICE, "add", {"text": hers}, ok({"done": True}))
        .call(BOB, "search", {"query": hers}, ok(shown[0]), FOREIGN)
        .call(BOB, "search", {"query": free}, ok(shown[1]), MISSING)
        .history
    )
    assert bool(Existence().judge(history)) is leaks


@pytest.mark.parametrize("more", [False, True])
def test_any_word_may_make_room_for_what_was_looked_for_last(*, more: bool) -> None:
    hers, free = marker("alice", 1), marker("missing", 2)
    # The list has room for two words, which were looked for before this history began.
    first, second = ["xt", "note-1"], [hers] if more else [hers, "xt"]
    history = (
        Writer()
        .call(ALICE, "add", {"text": hers}, ok({"done": True}))
        .call(BOB, "search", {"query": hers}, ok({"found": 0, "lately": first}), FOREIGN)
        .call(BOB, "search", {"query": free}, ok({"found": 0, "lately": second}), MISSING)
        .history
    )
    # One word more than had to make room tells something else.
    assert bool(Existence().judge(history)) is more
