"""Readings that are asked by a word or a value, which two users may have stored something under."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.policy import Person, Policy
from crosstalk.core.policy.model import Allow
from crosstalk.oracles import Canary, Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    IDENTITY,
    LIST,
    TEXT,
    Notes,
    swept,
)

PLACES = [f"harbour {number}" for number in range(40)]
PLACE = Parameter("place", {"type": "string", "enum": PLACES}, True, Role.VALUE)
NOTE_PLACE = Operation("rest", "rest:POST /notes", (IDENTITY, PLACE, TEXT), reads_only=False)
GUIDE = Operation("rest", "rest:GET /guide", (IDENTITY, PLACE), reads_only=True)
WORD = Parameter("word", {"type": "string"}, True, Role.TEXT)
REPORT = Operation("rest", "rest:GET /report", (IDENTITY, WORD), reads_only=True)


class Asked(Notes):
    """Notes of places, with what is shown of a place and how many have a text.

    Attributes:
        leak: `guide` where what is shown is kept by the place alone, `report` where the notes of
            all users are counted.
    """

    def __init__(self, leak: str) -> None:
        super().__init__()
        self.leak = leak
        self.of_places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self.guides: dict[str, list[str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [NOTE_PLACE, LIST, GUIDE, REPORT]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Show the caller's own, but for the leak."""
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id") or operation is LIST:
            return super().call(operation, arguments, presented)
        self.calls += 1
        place = str(arguments.get("place"))
        mine = self.of_places[caller, place]
        if operation is NOTE_PLACE:
            mine.append(str(arguments["text"]))
            self.guides.pop(place, None)
            self.calls -= 1
            answer = super().call(ADD, arguments, presented)
            return replace(answer, body={"id": answer.body["id"]})
        if operation is GUIDE and self.leak == "guide" and mine:
            return Answer(Outcome.OK, 200, self.guides.setdefault(place, [*mine]))
        if operation is GUIDE:
            kept = self.guides.get(place, []) if self.leak == "guide" else []
            return Answer(Outcome.OK, 200, [*mine, *kept])
        owners = [who for who in self.kept if who == caller or self.leak == "report"]
        texts = [text for who in owners for text in self.kept[who].values()]
        return Answer(Outcome.OK, 200, {"count": texts.count(str(arguments["word"]))})


@pytest.mark.parametrize(
    ("leak", "operation"), [("guide", GUIDE.name), ("report", NOTE_PLACE.name), ("", "")]
)
def test_count_or_answer_by_a_word_of_two_users_is_suspected(leak: str, operation: str) -> None:
    found: set[str] = set()

    def judge(history: History) -> bool:
        told = [*Canary().judge(history), *Ownership().judge(history)]
        found.update(each.operation for each in told)
        return False

    swept(Asked(leak), judge=judge)
    assert found == ({operation} if leak else set())


def test_things_that_a_tenant_shares_are_asked_for_by_a_user_of_another_one() -> None:
    asked: list[str] = []

    class Listening(Asked):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            answer = super().call(operation, arguments, presented)
            if operation is GUIDE and answer.body:
                asked.append(presented.headers.get("caller", ""))
            return answer

    people = {"alice": "red", "bob": "red", "carol": "blue"}
    policy = Policy(
        people={name: Person(name, tenant) for name, tenant in people.items()},
        allows=(Allow(("*",), "tenant", ("*",), change=True),),
    )
    swept(Listening("guide"), policy=policy)
    assert "carol-1" in asked[:2]
