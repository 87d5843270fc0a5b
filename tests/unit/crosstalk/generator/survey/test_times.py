"""Times at which two users have something: told by its name, by a refusal, by what is free."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.survey.times import TimesPart, on_a_day
from crosstalk.oracles import Canary, Existence, Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import IDENTITY, LIST, TEXT, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

_STARTS = Parameter("starts", {"type": "string", "format": "date-time"}, True, Role.VALUE)
_PLACE = Parameter("place", {"type": "string"}, False, Role.TEXT)
_MEET = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, _STARTS, _PLACE), False)


class Meetings(Notes):
    """Meetings, with which of a user's own one clashes, or with which of all at the same place.

    Args:
        leak: Whether it is looked for among those of all users.
    """

    def __init__(self, *, leak: bool) -> None:
        super().__init__()
        self.leak = leak
        self.meetings: list[tuple[str, Mapping[str, Any]]] = []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a meeting as a note."""
        if operation is not _MEET:
            return super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        place, starts = arguments.get("place"), arguments["starts"]
        own = [each for who, each in self.meetings if who == caller]
        all_there = [each for _, each in self.meetings if place and each.get("place") == place]
        others = own + all_there if self.leak else own
        clash = next((each["text"] for each in others if each["starts"] == starts), "nothing")
        self.meetings.append((caller, arguments))
        self.made += 1
        code = f"01a1fc95-41f3-4131-b962-{self.made:012d}"
        return Answer(Outcome.OK, 200, {"id": code, "clashes_with": clash})


@pytest.mark.parametrize("leak", [True, False])
def test_clash_at_one_place_and_time_is_told_by_its_name(*, leak: bool) -> None:
    example = begun(Meetings(leak=leak), _MEET, LIST)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    # The attacker has something at each time that is usual.
    for _ in range(3):
        users.use(_MEET, bob)
    TimesPart().run(users, 100)
    assert bool(Canary().judge(example.history)) is leak


_DAY = Parameter("day", {"type": "string", "format": "date"}, True, Role.VALUE)
_FREE = Operation("rest", "rest:GET /free", (IDENTITY, _DAY), reads_only=True)
_BOOK = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, _STARTS), False)


class Lessons(Notes):
    """Lessons, of which a teacher has one at a time, and the days that have none.

    Args:
        leak: Whether those of all teachers count.
    """

    def __init__(self, *, leak: bool) -> None:
        super().__init__()
        self.leak = leak
        self.taken: list[tuple[str, str]] = []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a lesson as a note."""
        if operation not in (_BOOK, _FREE):
            return super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        taken = [starts for who, starts in self.taken if self.leak or who == caller]
        if operation is _FREE:
            free = not any(each.startswith(arguments["day"]) for each in taken)
            return Answer(Outcome.OK, 200, {"free": ["morning"] if free else []})
        if arguments["starts"] in taken:
            return Answer(Outcome.ERROR, 409, None, {}, "taken", "there is a lesson then")
        self.taken.append((caller, arguments["starts"]))
        self.made += 1
        return Answer(
            Outcome.OK, 201, {"id": f"01a1fc95-41f3-4131-b962-{self.made * 7_919_000_003:012d}"}
        )


@pytest.mark.parametrize("leak", [True, False])
def test_day_without_anything_of_the_readers_and_a_time_that_is_taken_tell_of_others(
    *, leak: bool
) -> None:
    example = begun(Lessons(leak=leak), _BOOK, _FREE, LIST)
    users = Arrangement(example, Random(1), *example.members[:2])
    TimesPart().run(users, 100)
    assert bool(Existence().judge(example.history)) is leak
    assert bool(Ownership().judge(example.history)) is leak
    assert len(example.history) == (5 if leak else 4)


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        (
            {"starts": "2030-01-01T12:00:00Z", "ends": "2030-01-03T13:00:00Z"},
            {"starts": "2044-01-01T12:00:00Z", "ends": "2044-01-03T13:00:00Z"},
        ),
        ({"starts": "at noon"}, {}),
        ({}, {}),
    ],
)
def test_times_of_a_call_stay_as_far_apart(said: Mapping[str, Any], moved: object) -> None:
    ends = Parameter("ends", {"type": "string"}, True, Role.VALUE)
    stay = Operation("rest", "rest:POST /stays", (_STARTS, ends), False)
    assert on_a_day(stay, said, "2044-01-01") == moved
