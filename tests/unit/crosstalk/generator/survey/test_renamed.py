"""A change that two users made in the same words is made once more in the words of one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from crosstalk.core.identifiers import marker
from crosstalk.generator.survey.neighbour import in_new_words
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import BOB

TEXT = {"type": "string"}
RENAME = Operation(
    "rest",
    "rest:PATCH /categories/{name}",
    (Parameter("name", TEXT, True, Role.REFERENCE), Parameter("new_name", TEXT, False, Role.TEXT)),
    reads_only=False,
    extra={"renames": {"new_name"}},
)


def test_renamed_object_has_its_new_name_which_is_of_ones_own() -> None:
    state = SimpleNamespace(plant=lambda user: marker(user, 7))
    users = cast("Any", SimpleNamespace(example=SimpleNamespace(state=state), attacker=BOB))
    theirs = f"note {marker('alice', 1)}"
    found = in_new_words(users, RENAME, {"name": "food", "new_name": theirs, "budget": 5})
    assert found == {"name": theirs, "new_name": marker("bob", 7), "budget": 5}
    found = in_new_words(users, RENAME, {"name": theirs, "budget": 5})
    assert found == {"name": theirs, "new_name": marker("bob", 7), "budget": 5}
