"""What stands inside an object is stored by another user inside one of the very same kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    GET,
    IDENTITY,
    LIST,
    NOTE,
    TEXT,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_survey import surveyed
from tests.unit.crosstalk.histories import ok

KIND = Parameter("species", {"type": "string", "enum": ["cat", "dog"]}, True, Role.VALUE)
GRAMS = Parameter("grams", {"type": "integer", "minimum": 1, "maximum": 900}, True, Role.VALUE)
KEEP = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, KIND), reads_only=False)
WEIGH = Operation(
    "rest", "rest:PUT /notes/{note_id}/weight", (IDENTITY, NOTE, GRAMS), reads_only=False
)
TYPICAL = Operation("rest", "rest:GET /notes/{note_id}/typical", (IDENTITY, NOTE), reads_only=True)


class Weighed(Notes):
    """Notes of two kinds that are weighed once, and the mean of all of one text and kind.

    Attributes:
        leaks: Whether the mean is of every user's.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.kinds: dict[str, tuple[str, str]] = {}
        self.grams: dict[str, int] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [KEEP, LIST, GET, WEIGH, TYPICAL]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the mean."""
        if operation is KEEP:
            answer = super().call(ADD, arguments, presented)
            if answer.outcome is Outcome.OK and answer.body:
                self.kinds[answer.body["id"]] = (arguments["text"], arguments["species"])
            return answer
        answer = super().call(LIST if operation is LIST else GET, arguments, presented)
        if operation in (LIST, GET) or answer.outcome is not Outcome.OK:
            return answer
        note = str(arguments["note_id"])
        if operation is WEIGH:
            if note in self.grams:
                return Answer(Outcome.ERROR, 409, {"problem": "it was weighed"})
            self.grams[note] = arguments["grams"]
            return ok({"weighed": True})
        mine = self.kept[presented.headers["caller"]]
        alike = [
            grams
            for each, grams in self.grams.items()
            if self.kinds[each] == self.kinds[note] and (self.leaks or each in mine)
        ]
        return ok({"of": len(alike), "mean": sum(alike) / len(alike) if alike else None})


@pytest.mark.parametrize("leaks", [True, False])
def test_a_mean_over_one_kind_is_moved_by_another_user(*, leaks: bool) -> None:
    history, _ = surveyed(Weighed(leaks=leaks))
    shown = {history.calls[each.calls[-1] - 1].operation for each in Ownership().judge(history)}
    assert shown == ({TYPICAL.name} if leaks else set())
