"""What works on something that must be opened is served once it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.examples.opened_first import OpenedFirst
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
OPEN = Operation("rest", "rest:POST /notes/{note_id}/open", (IDENTITY, NOTE), False)
MARK = Operation("rest", "rest:POST /marks", (IDENTITY, TEXT), False)
CLOSE = Operation("rest", "rest:DELETE /notes/{note_id}/open", (IDENTITY, NOTE), False)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Open a note first", "rest:POST /notes/{note_id}/open"),
        ("no note is open", "rest:POST /notes/{note_id}/open"),
        ("There is no such note", ""),
        ("This note cannot be open for others", ""),
        ("Text is too long", ""),
        ("", ""),
        ("open note " * 40, ""),
    ],
)
def test_refusal_names_the_call_that_comes_first(said: str, known: str) -> None:
    learnt = OpenedFirst()
    answer = Answer(Outcome.ERROR, 409, {"detail": said})
    assert learnt.learn(MARK, answer, [ADD, GET, OPEN, CLOSE]) is bool(known)
    assert learnt.before(MARK.name) == known


def test_call_that_never_helps_is_left_alone() -> None:
    learnt = OpenedFirst({MARK.name: OPEN.name})
    for _ in range(4):
        assert learnt.before(MARK.name) == OPEN.name
        learnt.note(MARK.name)
    assert learnt.before(MARK.name) == ""
    learnt.served(MARK.name)
    assert learnt.before(MARK.name) == OPEN.name


class Desk(Notes):
    """Notes that are marked while one is open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[str, str] = {}
        self.marked: dict[str, int] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, MARK, OPEN]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Mark what is open."""
        caller = presented.headers.get("caller", "")
        if operation not in (MARK, OPEN) or caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        if operation is OPEN:
            if arguments["note_id"] not in self.kept.get(caller, {}):
                return MISSING
            self.open[caller] = str(arguments["note_id"])
        elif caller not in self.open:
            return Answer(Outcome.ERROR, 409, {"detail": "Open a note first"})
        else:
            self.marked[caller] = self.marked.get(caller, 0) + 1
        return Answer(Outcome.OK, 200, {"done": True})


def test_users_open_something_before_they_work_on_it() -> None:
    system = Desk()
    surveyed(system)
    assert len(system.marked) > 1
