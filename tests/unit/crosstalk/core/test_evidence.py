"""Evidence: the answer with what belongs to another marked, and a long one cut around it."""

from __future__ import annotations

from typing import Any

from crosstalk.core.evidence import Exchange, exchange_of
from crosstalk.core.history import Answer, Outcome
from tests.unit.crosstalk.histories import BOB, Writer, ok, refused


def exchange(answer: Answer, *foreign: str, **arguments: Any) -> Exchange:
    """Return bob's call of `list` as evidence."""
    (call,) = Writer().call(BOB, "list", arguments, answer).history
    return exchange_of(call, foreign)


def test_evidence_marks_what_belongs_to_another_and_only_that() -> None:
    shown = exchange(ok({"items": ["mine", "SECRET-of-alice"]}), "secret-of-alice", limit=3)
    assert shown.lines() == [
        '1. bob: list {"limit": 3}',
        '   answer: ok 200 {"items": ["mine", ">>>SECRET-of-alice<<<"]}',
    ]
    assert "".join(text for text, _ in shown.parts()) == shown.answer


def test_evidence_of_values_inside_one_another_marks_the_longer_one() -> None:
    shown = exchange(ok("note-1234 note-12"), "note-12", "note-1234")
    assert shown.marked("[", "]") == "ok 200 [note-1234] [note-12]"


def test_evidence_marks_a_value_that_json_writes_in_another_way() -> None:
    shown = exchange(ok(['say "x"\n']), 'say "x"\n')
    assert shown.marked("[", "]") == 'ok 200 ["[say \\"x\\"\\n]"]'


def test_evidence_of_a_blob_is_cut_around_what_crossed() -> None:
    blob = "A" * 40_000 + "secret-of-alice" + "B" * 40_000
    shown = exchange(ok({"file": blob}), "secret-of-alice", file="C" * 5_000)
    assert ">>>secret-of-alice<<<" in shown.marked()
    assert len(shown.answer) < 700
    assert "characters)" in shown.answer
    assert len(shown.call) < 700


def test_evidence_of_a_refusal_holds_its_code_and_message() -> None:
    shown = exchange(refused(404, "not_found", "no such note"))
    assert shown.answer == "error 404 not_found no such note"
    assert shown.parts() == [(shown.answer, False)]


def test_evidence_shows_a_notification_or_a_header_where_the_value_is_there_alone() -> None:
    told = Answer(Outcome.OK, 200, "done", {"x-note": "nothing"}, unsolicited=("about secret-7",))
    assert exchange(told, "secret-7").marked() == 'ok 200 done ["about >>>secret-7<<<"]'
    named = ok("done", x_note="secret-7")
    assert exchange(named, "secret-7").marked() == 'ok 200 done {"x_note": ">>>secret-7<<<"}'
    assert exchange(named).answer == "ok 200 done"
