"""What stands inside an object whose id its creation tells in words alone, and a list in a row."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.survey.neighbour import _store_in_readers_words
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, LIST, NOTE, TEXT, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun
from tests.unit.crosstalk.histories import ok

LOG = Operation("rest", "rest:POST /notes/{note_id}/practice", (IDENTITY, NOTE, TEXT), False)


class Told(Notes):
    """Notes, of which each is said to be saved, and in which practice is logged."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Say that a note was saved, list notes, or log practice on one's own."""
        if operation is LOG:
            mine = self.kept.get(presented.headers.get("caller", ""), {})
            known = str(arguments["note_id"]) in mine
            return ok({"done": True}) if known else Answer(Outcome.ERROR, 404, None)
        answer = super().call(operation, arguments, presented)
        return ok("It was saved.") if operation is ADD else answer


def test_practice_is_logged_on_what_has_the_readers_words_as_a_list_shows() -> None:
    system = Told()
    example = begun(system, ADD, LIST, LOG)
    example.state.observations = [LIST]
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    for each in (alice, bob):
        users.use(ADD, each)
        example.execute(example.reading(LIST, each))
        users.use(LOG, each)
    _store_in_readers_words(users, example.next_probe())
    (said,) = [e.arguments["text"] for e in example.history if e.operation == ADD.name][:1]
    last = [each for each in example.history if each.operation == LOG.name][-1]
    assert last.actor == bob
    assert last.answer.outcome is Outcome.OK
    mine = system.kept[example.history.subjects["bob"]]
    assert mine[last.arguments["note_id"]] == said
