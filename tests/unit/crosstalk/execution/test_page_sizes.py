"""Largest pages that refusals tell and no schema has."""

from __future__ import annotations

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.execution.page_sizes import fit_page_sizes
from crosstalk.surface.operation import Operation, Parameter, Role

LIMIT = Parameter("limit", {"type": "integer"}, False, Role.VALUE)
LIST = Operation("rest", "rest:GET /notes", (LIMIT,), True, lists=True)


def refused(said: str) -> Answer:
    return Answer(Outcome.ERROR, 422, {"fault": said}, {})


@pytest.mark.parametrize(
    ("answer", "most"),
    [
        (refused("limit must be from 1 to 50"), 50),
        (refused("Limit: at most 25."), 25),
        (refused("limit is wrong"), None),
        (refused("wait 30 seconds"), None),
        (Answer(Outcome.OK, 200, ["limit 50"], {}), None),
    ],
)
def test_refusal_tells_the_largest_page(answer: Answer, most: int | None) -> None:
    operations = {LIST.name: LIST}
    assert fit_page_sizes(operations, lambda _: answer) is (most is not None)
    assert operations[LIST.name].parameters[0].schema.get("maximum") == most


def test_size_that_a_schema_has_is_not_asked_for() -> None:
    known = Parameter("limit", {"type": "integer", "maximum": 20}, False, Role.VALUE)
    operations = {LIST.name: Operation("rest", LIST.name, (known,), True, lists=True)}
    asked: list[Operation] = []

    def read(operation: Operation) -> Answer:
        asked.append(operation)
        return refused("limit must be from 1 to 10")

    assert not fit_page_sizes(operations, read)
    assert asked == []
