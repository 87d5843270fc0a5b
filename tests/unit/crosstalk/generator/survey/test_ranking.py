"""An order by numbers that all users put in is turned over by another user."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.survey.neighbour import watch_neighbour
from crosstalk.oracles import Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, NOTE, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

_SORT = Parameter("sort", {"type": "string", "enum": ["new", "used"]}, False, Role.VALUE)
_LITRES = Parameter("litres", {"type": "integer", "maximum": 500}, True, Role.VALUE)
_LIST = Operation("rest", "rest:GET /notes", (IDENTITY, _SORT), reads_only=True, lists=True)
_WATER = Operation("rest", "rest:POST /notes/{note_id}/waterings", (IDENTITY, NOTE, _LITRES), False)


class Garden(Notes):
    """Notes, which can be put in the order of the litres that were given to their text.

    Args:
        leak: Whether the litres of all users count.
    """

    def __init__(self, *, leak: bool) -> None:
        super().__init__()
        self.leak = leak
        self.litres: list[tuple[str, str, int]] = []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's notes in the order that is asked for."""
        if operation not in (_LIST, _WATER):
            return super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        mine = self.kept.get(caller, {})
        if operation is _WATER:
            if arguments["note_id"] not in mine:
                return Answer(Outcome.ERROR, 404, None, {}, "not_found")
            self.litres.append((caller, mine[arguments["note_id"]], int(arguments["litres"])))
            return Answer(Outcome.OK, 201, {"litres": arguments["litres"]})
        rows = [{"id": name, "text": text} for name, text in mine.items()]
        if arguments.get("sort") == "used":
            rows.sort(key=lambda row: -self._used(caller, row["text"]))
        return Answer(Outcome.OK, 200, rows)

    def _used(self, caller: str, text: str) -> int:
        return sum(
            n for who, said, n in self.litres if said == text and (self.leak or who == caller)
        )


@pytest.mark.parametrize("leak", [True, False])
def test_other_puts_the_largest_number_into_what_the_reader_has_put_none_into(
    *, leak: bool
) -> None:
    example = begun(Garden(leak=leak), ADD, _LIST, _WATER)
    alice, bob = example.members[:2]
    watch_neighbour(example, Random(1), alice, bob)
    assert bool(Ownership().judge(example.history)) is leak
