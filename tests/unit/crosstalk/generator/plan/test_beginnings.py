"""Suggestions that are those of all users where nothing of the caller's own fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_first_look import looked
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, LIST, Notes

QUERY = Parameter("q", {"type": "string"}, True, Role.QUERY)
SUGGEST = Operation("rest", "rest:GET /suggest", (IDENTITY, QUERY), reads_only=True)


class Suggesting(Notes):
    """Suggests texts that begin so.

    Args:
        of_all: Whether those of all users are suggested where the caller has none.
    """

    def __init__(self, *, of_all: bool) -> None:
        super().__init__()
        self.of_all = of_all

    def discover(self) -> list[Operation]:
        """Return what stores, lists and suggests."""
        return [ADD, LIST, SUGGEST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Suggest the caller's own texts, if there are any."""
        caller = presented.headers.get("caller", "")
        if operation is not SUGGEST or caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        begun = str(arguments.get("q"))
        mine = [each for each in self.kept.get(caller, {}).values() if each.startswith(begun)]
        everyones = [each for kept in self.kept.values() for each in kept.values()]
        others = [each for each in everyones if each.startswith(begun) and self.of_all]
        return Answer(Outcome.OK, 200, mine or others)


@pytest.mark.parametrize("of_all", [True, False])
def test_words_of_another_are_sought_by_their_beginning_in_the_first_look(*, of_all: bool) -> None:
    (history,) = looked(Suggesting(of_all=of_all))
    asked = [call for call in history if call.arguments.get("q") == "note xtbobz"]
    assert {call.actor.user for call in asked} == {"alice"}
    found = {history.calls[each.calls[-1] - 1].operation for each in Canary().judge(history)}
    assert found == ({SUGGEST.name} if of_all else set())
