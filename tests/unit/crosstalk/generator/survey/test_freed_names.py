"""Names of removed objects that stay taken: for whoever had them, or for all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.oracles import Existence
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_first_look import looked
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, DELETE, GET, LIST, Notes
from tests.unit.crosstalk.generator.survey.test_survey import surveyed


class Retired(Notes):
    """Refuses the text of a note that was removed.

    Args:
        leaks: Whether it is refused to all but whoever had it, and not to that user alone.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.retired: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """What stores, lists, shows and removes a note."""
        return [ADD, LIST, GET, DELETE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone."""
        caller, text = presented.headers.get("caller", ""), str(arguments.get("text"))
        known = self.kept.get(caller, {}).get(str(arguments.get("note_id")))
        had_by = self.retired.get(text, "")
        if operation is ADD and had_by and (had_by != caller) is self.leaks:
            self.calls += 1
            return Answer(Outcome.ERROR, 409, None, {}, "conflict", "there is such a note")
        answer = super().call(operation, arguments, presented)
        if operation is DELETE and answer.outcome is Outcome.OK and known is not None:
            self.retired[known] = caller
        return answer


def _in_a_first_look(notes: Notes) -> History:
    return looked(notes)[0]


def _in_a_survey(notes: Notes) -> History:
    return surveyed(notes)[0]


@pytest.mark.parametrize("made", [_in_a_first_look, _in_a_survey])
@pytest.mark.parametrize("leaks", [True, False])
def test_another_stores_in_the_words_of_what_was_removed(
    made: Callable[[Notes], History], *, leaks: bool
) -> None:
    history = made(Retired(leaks=leaks))
    suspected = [history.calls[each.calls[-1] - 1] for each in Existence().judge(history)]
    told = [each.operation for each in suspected if each.probe and each.probe.kind == "names"]
    assert told == ([ADD.name] if leaks else [])
