"""Cause of a suspicion: whether a step names what belongs to another user."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.core.script import Script, Step
from crosstalk.execution.cause import cause_of, names_others
from crosstalk.oracles import Suspicion
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok


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
