"""Numbers over all users: they show under values that the reader has stored, beside the same of
another user's.
"""

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
    MISSING,
    NOTE,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

DAY = Parameter("day", {"type": "string", "format": "date"}, True, Role.VALUE)
GRAMS = Parameter("grams", {"type": "integer", "minimum": 1, "maximum": 900}, True, Role.VALUE)
YEAR = Parameter("year", {"type": "integer"}, True, Role.VALUE)
BREED = Parameter("breed", {"type": "string", "enum": ["a", "b", "c"]}, True, Role.VALUE)
WEIGH = Operation(
    "rest", "rest:PUT /notes/{note_id}/weights", (IDENTITY, NOTE, DAY, GRAMS, BREED), False
)
MEAN = Operation("rest", "rest:GET /notes/{note_id}/mean", (IDENTITY, NOTE), reads_only=True)
SEASON = Operation("rest", "rest:GET /seasons/{year}", (IDENTITY, YEAR), reads_only=True)
BEST = Operation("rest", "rest:GET /best", (IDENTITY,), reads_only=True, lists=True)


class Weighed(Notes):
    """Notes that are weighed, with the mean of a breed, a sum of a year and a place among all.

    Attributes:
        leak: What is over the notes of all users: `mean`, `season`, `best` or none.
    """

    def __init__(self, leak: str) -> None:
        super().__init__()
        self.leak = leak
        self.weights: dict[str, tuple[str, str, int, str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, WEIGH, MEAN, SEASON, BEST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leak."""
        if operation not in (WEIGH, MEAN, SEASON, BEST):
            return super().call(operation, arguments, presented)
        caller, name = presented.headers.get("caller", ""), str(arguments.get("note_id"))
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.calls += 1
        if operation in (WEIGH, MEAN) and name not in self.kept.get(caller, {}):
            return MISSING
        mine = [each for each in self.weights.values() if each[0] == caller]
        seen = {
            what: list(self.weights.values()) if self.leak == what else mine
            for what in ("mean", "season", "best")
        }
        if operation is WEIGH:
            said = str(arguments["day"]), int(arguments["grams"]), str(arguments["breed"])
            self.weights[name] = (caller, *said)
            return Answer(Outcome.OK, 200, {"id": name})
        if operation is MEAN:
            if name not in self.weights:
                return Answer(Outcome.ERROR, 409, None, {}, "weigh it first")
            breed = self.weights[name][3]
            found = [each[2] for each in seen["mean"] if each[3] == breed]
            return Answer(Outcome.OK, 200, {"mean": sum(found) / len(found)})
        if operation is SEASON:
            year = str(arguments["year"])
            found = [each[2] for each in seen["season"] if each[1].startswith(year)]
            return Answer(Outcome.OK, 200, {"sum": sum(found)} if found else {})
        own = max((each[2] for each in mine), default=0)
        ahead = sum(each[2] > own for each in seen["best"])
        return Answer(Outcome.OK, 200, {"place": ahead + 1})


@pytest.mark.parametrize(("leak", "reading"), [("mean", MEAN), ("season", SEASON), ("best", BEST)])
def test_survey_shows_a_number_over_all_users(leak: str, reading: Operation) -> None:
    history, _ = surveyed(Weighed(leak))
    assert any(reading.name in each.summary for each in Ownership().judge(history))


def test_survey_of_numbers_of_ones_own_shows_nothing() -> None:
    history, _ = surveyed(Weighed(""))
    assert Ownership().judge(history) == []
