"""The part of a script that is likely to show a suspicion by itself."""

from __future__ import annotations

from crosstalk.core.history import History, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.script import script_of
from crosstalk.execution.likely import likely_part, wider_part
from crosstalk.oracles import Canary, Existence, Suspicion
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

OLDER, NEWER = "3f0f9a52-6d0b-4a52-8d0e-1b8f6f0f9a52", "7c1d2e3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f"


def test_object_known_by_its_place_in_a_list_comes_with_the_rows_beside_it() -> None:
    first, second = marker("alice", 1), marker("alice", 2)
    writer = Writer().call(BOB, "add", {"text": marker("bob", 1)}, ok({"done": True}))
    writer.call(ALICE, "add", {"text": first}, ok({"done": True}))
    writer.call(ALICE, "add", {"text": second}, ok({"done": True}))
    rows = [{"id": NEWER}, {"id": OLDER}]
    writer.call(ALICE, "list", {}, ok({"items": rows}))
    writer.call(BOB, "get", {"note_id": OLDER}, ok({"id": OLDER, "text": first}))
    suspicion = Canary().judge(writer.history)[0]
    part = likely_part(writer.history, suspicion, script_of(writer.history))
    assert part is not None
    assert [(each.actor, each.operation) for each in part.steps] == [
        (ALICE, "add"),
        (ALICE, "add"),
        (ALICE, "list"),
        (BOB, "get"),
    ]


def test_object_known_by_a_word_of_its_row_comes_with_the_call_that_stored_it() -> None:
    first, second = marker("alice", 1), marker("alice", 2)
    writer = Writer().call(ALICE, "add", {"text": first}, ok({"done": True}))
    writer.call(ALICE, "add", {"text": second}, ok({"done": True}))
    rows = [{"id": NEWER, "text": second}, {"id": OLDER, "text": first}]
    writer.call(ALICE, "list", {}, ok({"items": rows}))
    writer.call(BOB, "get", {"note_id": OLDER}, ok({"id": OLDER, "text": first}))
    suspicion = Canary().judge(writer.history)[0]
    part = likely_part(writer.history, suspicion, script_of(writer.history))
    assert part is not None
    assert [each.number for each in part.steps] == [1, 3, 4]


def test_object_that_is_named_by_its_owners_words_comes_with_the_call_that_made_it() -> None:
    name, said = f"note {marker('alice', 1)}", marker("alice", 2)
    writer = Writer().call(ALICE, "add_project", {"name": marker("alice", 3)}, ok({"done": True}))
    writer.call(ALICE, "add_project", {"name": name}, ok({"done": True}))
    writer.call(ALICE, "log_time", {"project": name, "what": said}, ok({"done": True}))
    writer.call(BOB, "entries", {}, ok([{"what": said}]))
    suspicion = Canary().judge(writer.history)[0]
    part = likely_part(writer.history, suspicion, script_of(writer.history))
    assert part is not None
    assert [each.number for each in part.steps] == [2, 3, 4]


def test_another_users_words_come_with_what_stored_them_and_removed_it() -> None:
    name = f"note {marker('alice', 1)}"
    writer = Writer().call(ALICE, "add_project", {"name": marker("alice", 3)}, ok({"id": NEWER}))
    writer.call(ALICE, "add_project", {"name": name}, ok({"id": OLDER}))
    writer.call(ALICE, "delete_project", {"project_id": OLDER}, ok({"done": True}))
    for _ in range(4):
        writer.call(BOB, "entries", {}, ok([]))
    for part, said in (("foreign", name), ("missing", f"note {marker('bob', 1)}")):
        probe = Probe("names", 1, part, "alice")  # type: ignore[arg-type]
        answer = refused(409, "conflict") if part == "foreign" else ok({"done": True})
        writer.call(BOB, "add_project", {"name": said}, answer, probe)
    (suspicion,) = Existence().judge(writer.history)
    script = script_of(writer.history)
    likely = likely_part(writer.history, suspicion, script)
    assert likely is not None
    assert [each.number for each in likely.steps] == [2, 8, 9]
    wider = wider_part(writer.history, suspicion, script)
    assert wider is not None
    assert [each.number for each in wider.steps] == [2, 3, 8, 9]


def _referring(others: int) -> tuple[History, Suspicion]:
    """Return a history in which bob refers to alice's object, and is shown it by his own list."""
    said = marker("alice", 1)
    writer = Writer().call(ALICE, "add_site", {"text": said}, ok({"id": OLDER}))
    writer.call(BOB, "add_finding", {"site_id": OLDER}, ok({"done": True}))
    for number in range(others):
        writer.call(ALICE, "add_site", {"text": marker("alice", 5 + number)}, ok({"done": True}))
    writer.call(BOB, "list_findings", {}, ok({"items": [said]}))
    return writer.history, Canary().judge(writer.history)[0]


def test_calls_about_the_same_object_are_a_wider_part() -> None:
    history, suspicion = _referring(others=3)
    script = script_of(history)
    likely, wider = (part(history, suspicion, script) for part in (likely_part, wider_part))
    assert likely is not None
    assert [each.number for each in likely.steps] == [1, 6]
    assert wider is not None
    assert [each.number for each in wider.steps] == [1, 2, 6]


def test_wider_part_that_is_most_of_the_whole_is_none() -> None:
    history, suspicion = _referring(others=1)
    assert wider_part(history, suspicion, script_of(history)) is None


def test_words_that_a_reader_had_said_before_are_in_the_wider_part() -> None:
    said = marker("bob", 1)
    writer = Writer().call(ALICE, "add_note", {"text": marker("alice", 1)}, ok({"id": OLDER}))
    writer.call(ALICE, "tag_note", {"note_id": OLDER, "tag": "note"}, ok({"done": True}))
    for _ in range(4):
        writer.call(BOB, "list_notes", {}, ok([]))
    writer.call(BOB, "rename_tag", {"old": "note", "new": said}, ok({"done": True}))
    writer.call(ALICE, "list_notes", {}, ok({"items": [said]}))
    suspicion = Canary().judge(writer.history)[0]
    part = wider_part(writer.history, suspicion, script_of(writer.history))
    assert part is not None
    assert [each.number for each in part.steps] == [1, 2, 7, 8]
