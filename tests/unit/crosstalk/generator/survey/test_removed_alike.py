"""One of two equal contents is removed: kept once for all, they are gone with either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, DELETE, GET, LIST, Notes
from tests.unit.crosstalk.generator.survey.test_survey import surveyed


class KeptOnce(Notes):
    """Keeps equal texts once, and drops one when no note has it any more.

    Args:
        leaks: Whether the notes of the deleting user alone are looked at.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.texts: set[str] = set()

    def discover(self) -> list[Operation]:
        """What stores, lists, shows and removes a note."""
        return [ADD, LIST, GET, DELETE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Show a note only while its text is there."""
        caller = presented.headers.get("caller", "")
        known = self.kept.get(caller, {}).get(str(arguments.get("note_id")))
        answer = super().call(operation, arguments, presented)
        if answer.outcome is not Outcome.OK:
            return answer
        if operation is ADD:
            self.texts.add(str(arguments["text"]))
        elif operation is DELETE:
            users = [caller] if self.leaks else list(self.kept)
            if all(known not in self.kept[each].values() for each in users):
                self.texts.discard(str(known))
        elif operation is GET and known not in self.texts:
            return Answer(Outcome.ERROR, 410, None, {}, "gone")
        elif operation is LIST:
            return Answer(Outcome.OK, 200, [{"id": each["id"]} for each in answer.body])
        return answer


@pytest.mark.parametrize("leaks", [True, False])
def test_other_removes_what_both_have_in_the_same_words(*, leaks: bool) -> None:
    history, _ = surveyed(KeptOnce(leaks=leaks))
    found = {each.operation for each in Ownership().judge(history)}
    assert found == ({DELETE.name} if leaks else set())
