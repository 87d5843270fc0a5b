"""Cause of a suspicion: whether a step names what belongs to another user."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.core.policy import Allow, Person, Policy
from crosstalk.core.script import Script, Step
from crosstalk.execution.cause import cause_of, names_others
from crosstalk.oracles import Suspicion
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"note_id": "${1.id}"}, True),
        ({"note_id": "${alice-note-1}"}, True),
        ({"note_id": "${bob-note-2}"}, False),
        ({"owner": "${alice}"}, True),
        ({"owner": "${bob}"}, False),
        ({}, False),
    ],
)
def test_step_names_another_user_by_id_subject_or_object_that_existed(
    arguments: dict[str, str], expected: bool
) -> None:
    step = Step(2, BOB, "get", arguments)
    script = Script((Step(1, ALICE, "add", {}), step))
    assert names_others(step, script) is expected


@pytest.mark.parametrize("alone", [True, False])
def test_escalation_is_charged_to_the_call_with_the_fields(alone: bool) -> None:
    steps = [
        *([Step(0, BOB, "plain", {})] if alone else []),
        Step(0, ALICE, "list", {}),
        Step(0, BOB, "add", {"owner_id": "${alice}"}),
        Step(0, ALICE, "list", {}),
    ]
    numbered = tuple(replace(each, number=place) for place, each in enumerate(steps, start=1))
    script, writer = Script(numbered), Writer()
    for each in numbered:
        writer.call(each.actor, each.operation, each.arguments, ok({}))
    calls = tuple(each.number for each in numbered)
    found = Suspicion("escalation", "add", calls, "an effect")
    assert cause_of(script, found, writer.history) == "add"


MINE = "note xtalicez00000001"


@pytest.mark.parametrize(
    ("act", "before", "after", "cause"),
    [
        # An average over all users; a validator; rows of others'.
        ("rest:POST /items", {"mean": 3, "mine": [MINE]}, {"mean": 4, "mine": [MINE]}, "read"),
        ("rest:POST /items", [MINE], [MINE, "note xtbobz00000002"], "read"),
        # What was alice's is gone.
        ("rest:POST /items", [MINE], [], "rest:POST /items"),
        ("rest:POST /undo", {"left": 2}, {"left": 1}, "rest:POST /undo"),
    ],
)
def test_honest_act_is_to_blame_where_something_is_lost_and_else_the_reading(
    act: str, before: object, after: object, cause: str
) -> None:
    steps = (Step(1, ALICE, "read", {}), Step(2, BOB, act, {}), Step(3, ALICE, "read", {}))
    writer = Writer().call(ALICE, "read", {}, ok(before)).call(BOB, act, {}, ok({}))
    writer.call(ALICE, "read", {}, ok(after))
    found = Suspicion("ownership", act, (1, 2, 3), "a change")
    assert cause_of(Script(steps), found, writer.history) == cause


@pytest.mark.parametrize("emptied", [True, False])
def test_refused_act_is_less_to_blame_than_one_that_emptied_a_bin(emptied: bool) -> None:
    steps = (
        Step(1, ALICE, "rest:POST /notes", {}),
        Step(2, ALICE, "rest:GET /bin", {}),
        Step(3, BOB, "rest:DELETE /notes/{id}", {"id": "${1.id}"}),
        Step(4, BOB, "rest:DELETE /bin" if emptied else "rest:GET /bin", {}),
        Step(5, ALICE, "rest:GET /bin", {}),
    )
    writer = Writer().call(ALICE, steps[0].operation, {}, ok({"id": "n1"}))
    writer.call(ALICE, "rest:GET /bin", {}, ok([MINE]))
    writer.call(BOB, steps[2].operation, {"id": "n1"}, refused(404, "missing"))
    writer.call(BOB, steps[3].operation, {}, ok({"removed": 0}))
    writer.call(ALICE, "rest:GET /bin", {}, ok([]))
    found = Suspicion("ownership", "rest:GET /bin", (2, 3, 4, 5), "a change")
    expected = steps[3].operation if emptied else steps[2].operation
    assert cause_of(Script(steps), found, writer.history) == expected


@pytest.mark.parametrize("week", ["2030-W01", "2030-W02"])
def test_refused_act_is_less_to_blame_than_one_that_replaced_what_is_asked_for(week: str) -> None:
    steps = (
        Step(1, ALICE, "rest:POST /notes", {}),
        Step(2, ALICE, "rest:GET /goals/{week}", {"week": "2030-W01"}),
        Step(3, BOB, "rest:PUT /goals/{week}", {"week": week}),
        Step(4, BOB, "rest:DELETE /notes/{id}", {"id": "${1.id}"}),
        Step(5, ALICE, "rest:GET /goals/{week}", {"week": "2030-W01"}),
    )
    writer = Writer().call(ALICE, steps[0].operation, {}, ok({"id": "n1"}))
    writer.call(ALICE, steps[1].operation, steps[1].arguments, ok(MINE))
    writer.call(BOB, steps[2].operation, steps[2].arguments, ok(MINE))
    writer.call(BOB, steps[3].operation, {"id": "n1"}, refused(403, "not yours"))
    writer.call(ALICE, steps[4].operation, steps[4].arguments, refused(404, "missing"))
    found = Suspicion("ownership", "rest:GET /goals/{week}", (2, 3, 4, 5), "a change")
    expected = steps[2].operation if week == "2030-W01" else steps[3].operation
    assert cause_of(Script(steps), found, writer.history) == expected


@pytest.mark.parametrize("chosen", [True, False])
def test_own_object_under_a_word_of_anothers_is_no_reach_for_the_other(chosen: bool) -> None:
    steps = (
        Step(1, ALICE, "rest:POST /orders", {"tags": [MINE]}),
        Step(2, BOB, "rest:POST /orders", {"tags": ["${1.tags.0}"]}),
        Step(3, BOB, "rest:GET /receipts/{number}", {"number": "${2.number}"}),
    )
    said = MINE if chosen else "an other"
    writer = Writer().call(ALICE, steps[0].operation, {"tags": [said]}, ok({"tags": [MINE]}))
    writer.call(BOB, steps[1].operation, {"tags": [MINE]}, ok({"number": "7"}))
    writer.call(BOB, steps[2].operation, {"number": "7"}, ok("secret of alice"))
    found = Suspicion("canary", steps[2].operation, (3,), "a word")
    expected = steps[2].operation if chosen else steps[1].operation
    assert cause_of(Script(steps), found, writer.history) == expected


@pytest.mark.parametrize("whose", ["alice", "bob", "words"])
def test_id_out_of_anothers_row_in_an_own_listing_is_the_others(whose: str) -> None:
    row = f"xt{whose}z00000001"
    steps = (
        Step(1, BOB, "rest:GET /admin/orders", {}),
        Step(2, BOB, "rest:POST /orders", {"car": f"${{1.[{row}@3].car.id}}"}),
        Step(3, BOB, "rest:GET /orders", {}),
    )
    writer = Writer()
    for each in steps:
        writer.call(BOB, each.operation, {}, ok([{"text": row, "car": {"id": "c1"}}]))
    found = Suspicion("canary", steps[2].operation, (3,), "a word")
    expected = steps[1 if whose == "alice" else 2].operation
    assert cause_of(Script(steps), found, writer.history) == expected


@pytest.mark.parametrize("permitted", [True, False])
def test_call_that_a_policy_permits_is_not_to_blame_for_what_a_reading_shows(
    permitted: bool,
) -> None:
    steps = (
        Step(1, ALICE, "rest:POST /items", {}),
        Step(2, BOB, "rest:POST /items/{id}/notes", {"id": "${1.id}"}),
        Step(3, ALICE, "rest:GET /notes", {"item": "${1.id}"}),
    )
    people = {name: Person(name, tenant="louvre") for name in ("alice", "bob")}
    allow = Allow(("*",), "tenant", ("* /items*",), change=True)
    writer = Writer()
    writer.history.policy = Policy(people, allows=(allow,) if permitted else ())
    writer.call(ALICE, steps[0].operation, {}, ok({"id": "i1"}))
    writer.call(BOB, steps[1].operation, {"id": "i1"}, ok({"id": "n1"}))
    writer.call(ALICE, steps[2].operation, {"item": "i1"}, ok([{"id": "n1"}]))
    found = Suspicion("canary", steps[2].operation, (3,), "a word")
    assert cause_of(Script(steps), found, writer.history) == steps[2 if permitted else 1].operation
