"""Amounts: what one operation stores a later one takes, and no more than there is."""

from __future__ import annotations

from random import Random

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.generator.values.forms.amounts import amounts_among
from crosstalk.surface.operation import Operation, Parameter, Role

GRAMS = {"type": "integer", "minimum": 0, "maximum": 100_000}
SEED = Parameter("seed_id", {"type": "string"}, True, Role.REFERENCE)
NAME = Parameter("name", {"type": "string"}, True, Role.TEXT)
STORED = Parameter("grams", GRAMS, False, Role.VALUE)
ROWS = Parameter("rows", {"type": "integer"}, False, Role.VALUE)
TAKEN = Parameter("grams", GRAMS, True, Role.VALUE)
STORE = Operation("rest", "rest:POST /seeds", (NAME, STORED, ROWS), reads_only=False)
TAKE = Operation("rest", "rest:POST /seeds/{seed_id}/take", (SEED, TAKEN), reads_only=False)
EDIT = Operation("rest", "rest:PATCH /seeds/{seed_id}", (SEED, ROWS), reads_only=False)
CHOICE = RandomChoice(Random(1))


def test_numbers_that_are_stored_and_taken_are_amounts() -> None:
    assert amounts_among([STORE, TAKE, EDIT]) == {"grams"}
    assert amounts_among([STORE, EDIT]) == frozenset()


def test_the_most_of_an_amount_is_always_stored_and_the_least_is_taken() -> None:
    knowledge = ArgumentKnowledge(amounts=amounts_among([STORE, TAKE, EDIT]))
    assert len({knowledge.value(CHOICE, TAKE, TAKEN) for _ in range(20)}) > 1
    refused = Answer(Outcome.ERROR, 409, {"error": "so much is not there"})
    knowledge.learn(TAKE, {"seed_id": "a", "grams": 7}, refused)
    assert {knowledge.value(CHOICE, TAKE, TAKEN) for _ in range(20)} == {1}
    assert {knowledge.value(CHOICE, STORE, STORED) for _ in range(20)} == {100_000}
    stored = {"name": "a", "grams": 5, "rows": 2}
    for given in (stored, stored):
        knowledge.learn(STORE, given, Answer(Outcome.OK, 201, {}))
    knowledge.optional(CHOICE, STORE)
    assert all("grams" in knowledge.optional(CHOICE, STORE) for _ in range(20))
