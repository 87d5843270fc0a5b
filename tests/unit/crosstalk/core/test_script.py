"""Scripts: histories with the particulars taken out, and put in again."""

from __future__ import annotations

import json

import pytest

from crosstalk.core.history import History, Probe
from crosstalk.core.identifiers import day_of_its_own
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.core.script import (
    Script,
    UnresolvedReferenceError,
    filled,
    references_in,
    resolve,
    script_of,
)
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

TASK = "01a1fc95-41f3-7131-b962-eac9f4851703"
OTHER = "01a1fc95-0000-7131-b962-eac9f4851703"


def leak() -> Writer:
    """Alice adds, bob reads it; a call in between has nothing to do with it."""
    writer = Writer()
    writer.call(ALICE, "add", {"user_id": "alice-1", "title": "x"}, ok({"id": TASK}))
    writer.call(BOB, "list", {"user_id": "bob-1"}, ok({"items": []}))
    writer.call(BOB, "get", {"user_id": "bob-1", "task_id": TASK}, ok({"title": "x"}))
    return writer


def test_script_names_values_by_the_call_that_gave_them_and_subjects_by_their_users() -> None:
    steps = script_of(leak().history).steps
    assert steps[2].arguments == {"user_id": "${bob}", "task_id": "${1.id}"}


def test_script_finds_values_inside_longer_texts() -> None:
    writer = leak().call(BOB, "chat", {"message": f'[[call get {{"id": "{TASK}"}}]]'}, ok({}))
    assert script_of(writer.history).steps[3].arguments["message"].count("${1.id}") == 1


def test_script_resolves_to_the_values_of_another_run() -> None:
    replayed = Writer().call(ALICE, "add", {}, ok({"id": OTHER})).history
    arguments = resolve(
        {"user_id": "${bob}", "task_id": "${1.id}"}, {1: replayed.calls[0]}, {"bob": "bob-2"}
    )
    assert arguments == {"user_id": "bob-2", "task_id": OTHER}


def test_script_refuses_to_resolve_what_did_not_come_back() -> None:
    replayed = Writer().call(ALICE, "add", {}, ok({})).history
    with pytest.raises(UnresolvedReferenceError):
        resolve({"task_id": "${1.id}"}, {1: replayed.calls[0]}, {})


def test_dropping_a_call_drops_those_that_need_its_answer() -> None:
    script = script_of(leak().history)
    shorter = script.without(1)
    assert shorter is not None
    assert [step.operation for step in shorter.steps] == ["list"]


def test_lines_are_numbered_as_shown_and_refer_to_shown_numbers() -> None:
    writer = Writer().call(BOB, "list", {}, ok([]))
    for call in leak().history:
        writer.call(call.actor, call.operation, call.arguments, call.answer)
    shorter = script_of(writer.history).without(1)
    assert shorter is not None
    assert shorter.lines()[0].startswith("1. alice: add")
    assert '"task_id": "${1.id}"' in shorter.lines()[2]


def test_survives_a_file() -> None:
    script = script_of(leak().history)
    assert Script.from_json(json.loads(json.dumps(script.to_json()))) == script


def test_prints_what_no_terminal_could() -> None:
    writer = Writer().call(ALICE, "add", {"title": "\ud800"}, ok({}))
    assert "\\ud800" in script_of(writer.history).lines()[0]


def test_marker_that_holds_a_users_name_stays_whole() -> None:
    story = Writer().call(ALICE, "add", {"title": "note xtbobz00000001", "who": "bob"}, ok({}))
    story.history.subjects = {"alice": "alice", "bob": "bob"}
    assert script_of(story.history).steps[0].arguments == {
        "title": "note xtbobz00000001",
        "who": "${bob}",
    }


def test_short_id_is_a_reference_only_where_an_id_is_asked_for() -> None:
    story = Writer().call(ALICE, "add", {}, ok({"id": 17}))
    story.call(ALICE, "get", {"note_id": "17", "limit": 17}, ok({}))
    assert script_of(story.history).steps[1].arguments == {"note_id": "${1.id}", "limit": 17}


def test_every_replay_plants_markers_of_its_own() -> None:
    once, again = (resolve({"t": "xtbobz00000001"}, {}, {}, salt)["t"] for salt in (1, 2))
    assert once != again
    assert once.startswith("xtbobz")


def test_days_of_their_own_are_others_in_each_replay_and_as_far_apart() -> None:
    first, second = day_of_its_own(4), day_of_its_own(6)
    said = {"starts": f"{first}T12:00:00Z", "ends": second, "due": "2030-01-01"}
    assert resolve(said, {}, {}) == said
    made = [resolve(said, {}, {}, salt) for salt in (7, 7, 8)]
    assert (
        made[0]
        == made[1]
        == {**said, "starts": f"{day_of_its_own(11)}T12:00:00Z"} | {"ends": day_of_its_own(13)}
    )
    assert made[2]["ends"] == day_of_its_own(14)


def test_script_names_a_number_by_the_call_that_gave_it_as_an_id_of_that_kind() -> None:
    writer = Writer().call(ALICE, "create_category", {}, ok({"category_id": 1}))
    writer.call(ALICE, "add_task", {}, ok({"task_id": 1}))
    writer.call(BOB, "complete_task", {"task_id": 1}, ok({}))
    writer.call(BOB, "complete_tasks", {"task_ids": [1, 7]}, ok({}))
    steps = script_of(writer.history).steps
    assert steps[2].arguments == {"task_id": "${2.task_id}"}
    assert steps[3].arguments == {"task_ids": ["${2.task_id}", 7]}


def test_value_in_capitals_is_that_of_the_replay_in_capitals() -> None:
    asked = {"user_id": "BOB-1", "task_id": TASK.upper(), "name": "XTBOBZ00000001"}
    script = script_of(leak().call(BOB, "get", asked, ok({})).history)
    step = script.steps[3]
    assert step.arguments["task_id"] == "${1.id|upper}"
    assert step.arguments["user_id"] == "${bob|upper}"
    assert step.references() == {1}
    replayed = Writer().call(ALICE, "add", {}, ok({"id": OTHER})).history
    arguments = resolve(step.arguments, {1: replayed.calls[0]}, {"bob": "bob-2"}, salt=16)
    assert arguments == {"user_id": "BOB-2", "task_id": OTHER.upper(), "name": "XTBOBZ00000011"}


def test_script_names_a_short_code_by_the_call_that_gave_it_only_as_a_whole() -> None:
    writer = Writer().call(ALICE, "add", {}, ok({"code": "U-WBQV8V6"}))
    writer.call(BOB, "get", {"code": "U-WBQV8V6", "why": "for U-WBQV8V6"}, ok({}))
    writer.call(BOB, "archive", {"codes": ["U-WBQV8V6"]}, ok({}))
    steps = script_of(writer.history).steps
    assert steps[1].arguments == {"code": "${1.code}", "why": "for U-WBQV8V6"}
    assert steps[2].arguments == {"codes": ["${1.code}"]}


def test_script_leaves_a_subject_within_the_name_of_an_object_alone() -> None:
    writer = Writer()
    owned = (OwnedObject("alice", "note", TASK, 1, frozenset()),)
    writer.history = History({"alice": "alice", "bob": "bob"}, owned=owned)
    writer.call(BOB, "read", {"note_id": TASK, "why": "for alice"}, ok({}))
    (step,) = script_of(writer.history).steps
    assert step.arguments == {"note_id": "${alice-note-1}", "why": "for ${alice}"}


def test_longest_of_several_values_in_one_text_is_named() -> None:
    writer = Writer().call(ALICE, "add", {}, ok({"id": TASK, "uri": f"notes://{TASK}"}))
    writer.call(BOB, "get", {"uri": f"see notes://{TASK}!", "id": TASK.upper()}, ok({}))
    writer.call(BOB, "get", {"uri": f"x{TASK}"}, ok({}))
    named, inside = script_of(writer.history).steps[1:]
    assert named.arguments == {"uri": "see notes://${1.id}!", "id": "${1.id|upper}"}
    assert inside.arguments == {"uri": f"x{TASK}"}


def test_value_without_letters_and_digits_is_named_too() -> None:
    line = "-" * 12
    writer = Writer().call(ALICE, "add", {}, ok({"rule": line}))
    writer.call(BOB, "get", {"after": f"a {line} b"}, ok({}))
    assert script_of(writer.history).steps[1].arguments == {"after": "a ${1.rule} b"}


def test_number_in_an_argument_of_plain_name_is_where_it_came_from() -> None:
    writer = Writer().call(ALICE, "rest:POST /jobs", {}, ok({"id": 3}))
    writer.call(ALICE, "rest:GET /pages/{slug}/history", {}, ok({"revisions": [{"id": 800_001}]}))
    writer.call(BOB, "rest:POST /parts/{id}/move", {"id": "4", "job": 3, "weight": 3}, ok({}))
    writer.call(BOB, "rest:POST /pages/{slug}/restore", {"revision": "800001"}, ok({}))
    *_, moved, restored = script_of(writer.history).steps
    assert moved.arguments == {"id": "4", "job": "${1.id}", "weight": 3}
    assert restored.arguments == {"revision": "${2.revisions.0.id}"}


def test_short_code_under_any_name_is_where_it_came_from() -> None:
    writer = Writer().call(ALICE, "mcp:create_deck", {"week": "2030W01"}, ok({"deck": "kDq3mXwA"}))
    writer.call(BOB, "mcp:cards", {"deck": "kDq3mXwA", "week": "2030W01"}, ok({}))
    assert script_of(writer.history).steps[-1].arguments == {
        "deck": "${1.deck}",
        "week": "2030W01",
    }


def test_number_that_names_an_object_by_a_field_is_where_its_owner_was_shown_it() -> None:
    writer = Writer()
    writer.call(ALICE, "add_invoice", {}, ok({"number": 2, "hours": 2}))
    writer.call(BOB, "add_invoice", {}, ok({"number": 2}))
    foreign = Probe("existence", 1, "foreign", "alice")
    writer.call(BOB, "pay", {"number": "2", "cents": 2}, ok({}), foreign)
    writer.call(BOB, "pay", {"number": "2"}, ok({}))
    steps = script_of(writer.history).steps
    assert steps[2].arguments == {"number": "${1.number}", "cents": 2}
    assert steps[3].arguments == {"number": "${2.number}"}


def test_number_that_a_user_was_shown_in_a_comparison_is_of_that_user() -> None:
    writer = Writer()
    writer.call(ALICE, "rest:GET /applications", {}, ok({"items": [{"number": 9}]}))
    beside = Probe("ownership", 1, "attack", "alice")
    writer.call(BOB, "rest:POST /applications", {}, ok({"result": {"number": 9}}), beside)
    writer.call(BOB, "rest:PUT /interviews/{uid}", {"application": "9"}, ok({}), beside)
    writer.call(BOB, "rest:PATCH /applications/{number}", {"number": "9"}, ok({}), beside)
    steps = script_of(writer.history).steps
    assert [each.arguments for each in steps[2:]] == [
        {"application": "${2.result.number}"},
        {"number": "${2.result.number}"},
    ]


def test_number_beside_words_that_are_compared_is_of_the_caller() -> None:
    writer = Writer()
    writer.call(ALICE, "rest:POST /clients", {}, ok({"number": 1}))
    writer.call(BOB, "rest:POST /clients", {}, ok({"number": 1}))
    given = {"client_number": "1", "text": "taken"}
    writer.call(BOB, "rest:POST /visits", given, ok({}), Probe("names", 1, "foreign", "alice"))
    steps = script_of(writer.history).steps
    assert steps[2].arguments["client_number"] == "${2.number}"


def test_number_of_an_object_is_named_where_an_argument_says_its_kind() -> None:
    writer = Writer()
    writer.call(ALICE, "rest:POST /applications", {}, ok({"result": {"number": 2}}))
    writer.call(ALICE, "rest:GET /applications", {}, ok({"items": [{"number": 2}]}))
    writer.call(ALICE, "rest:PUT /interviews/{uid}", {"application": "2", "round": "2"}, ok({}))
    steps = script_of(writer.history).steps
    assert steps[2].arguments == {"application": "${1.result.number}", "round": "2"}


def test_constant_word_that_another_sent_before_is_not_named_by_that_call() -> None:
    writer = Writer()
    writer.call(BOB, "hook", {"event": "roast.created"}, ok({"id": TASK, "event": "roast.created"}))
    writer.call(ALICE, "hook", {"event": "roast.created", "after": TASK}, ok({}))
    assert script_of(writer.history).steps[1].arguments == {
        "event": "roast.created",
        "after": "${1.id}",
    }


def test_last_entry_of_a_text_is_the_first_word_of_its_last_line() -> None:
    said = {"ticker": "${1.result|last}"}
    text = "ACME 42\nBOLT 12"
    assert filled(said, lambda number, path: text, lambda name: None) == {"ticker": "BOLT"}
    assert not references_in(said, listed=False)
