"""Cause of a suspicion: whether a step names what belongs to another user."""

from __future__ import annotations

import pytest

from crosstalk.core.script import Script, Step
from crosstalk.execution.cause import names_others
from tests.unit.crosstalk.histories import ALICE, BOB


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
