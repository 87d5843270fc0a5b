"""The sweep goes on where another user's list does, by the cursor that this user was given."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.plan.lacking import Lacking
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.generator.plan.sweeping.next_pages import next_pages
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

_CURSOR = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
_LOG = Operation("rest", "rest:GET /log", (IDENTITY, _CURSOR), reads_only=True, lists=True)


class Logged(Notes):
    """Notes with a log of one entry a page, where a cursor says whose log it is.

    Args:
        cursor: Begins each cursor.
    """

    def __init__(self, cursor: str) -> None:
        super().__init__()
        self.cursor = cursor

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve a page of a log."""
        if operation is not _LOG:
            return super().call(operation, arguments, presented)
        return Answer(Outcome.OK, 200, {"entries": ["added"], "next_cursor": f"{self.cursor}1"})


@pytest.mark.parametrize(("cursor", "presented"), [("of-alice-", True), ("4", False)])
def test_cursor_of_a_list_that_goes_on_is_presented_once_by_another(
    cursor: str, *, presented: bool
) -> None:
    example = begun(Logged(cursor), ADD, _LOG)
    alice, bob = example.members[:2]
    context = PassContext(example, Lacking((), (), (), ()), {"rest"}, Random(1), 0)
    acting = Probe("ownership", 1, "attack", alice.name)
    assert list(next_pages(context, acting)) == []
    asked = {"user_id": example.history.subjects[alice.name]}
    example.execute(PlannedCall(alice, _LOG.name, asked))
    mine = {"user_id": example.history.subjects[bob.name], "cursor": f"{cursor}1"}
    expected = [PlannedCall(bob, _LOG.name, mine, acting)] if presented else []
    assert list(next_pages(context, acting)) == expected
    assert list(next_pages(context, acting)) == []
