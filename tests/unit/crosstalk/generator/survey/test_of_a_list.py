"""Another entry of a public list is taken where one user's object is about the first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from crosstalk.core.principals import ALICE
from crosstalk.generator.survey.of_a_list import other_entries
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import Writer, ok

STAR = Parameter("star", {"type": "string"}, True, Role.TEXT)
NOTE = Parameter("note", {"type": "string"}, False, Role.TEXT)
OBSERVE = Operation("rest", "rest:POST /observations", (STAR, NOTE), reads_only=False)
STARS = Operation("rest", "rest:GET /stars", (), reads_only=True, lists=True)


@pytest.mark.parametrize("takes_entries", [True, False])
@pytest.mark.parametrize("held", [True, False])
def test_last_of_the_other_entries_of_the_list_is_taken(*, takes_entries: bool, held: bool) -> None:
    rows = [{"code": each, "name": "a star"} for each in ("M31", "M42", "M57")]
    history = Writer().call(ALICE, STARS.name, {}, ok({"stars": rows} if held else rows)).history
    knowledge = SimpleNamespace(lists=lambda operation, parameter: takes_entries)
    executor = SimpleNamespace(operations={STARS.name: STARS})
    state = SimpleNamespace(knowledge=knowledge, executor=executor)
    example = cast("Any", SimpleNamespace(history=history, state=state))
    arguments = {"star": "M31", "note": "a star"}
    found = other_entries(example, OBSERVE, arguments)
    assert found == {**arguments, "star": "M57" if takes_entries else "M31"}
