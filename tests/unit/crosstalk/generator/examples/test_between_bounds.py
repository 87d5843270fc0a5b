"""Numbers of honest calls lie where another user's can be above and below."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from crosstalk.generator.examples.arrangement import Arrangement, between_bounds
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import IDENTITY, LIST, TEXT, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

BOUNDED = {"type": "integer", "minimum": 1, "maximum": 1440}
FROM_NONE = {"type": "number", "minimum": 0, "maximum": 600}


def _operation(schema: dict[str, Any], *, reads_only: bool = False) -> Operation:
    minutes = Parameter("minutes", schema, True, Role.VALUE)
    return Operation("mcp", "mcp:log", (minutes,), reads_only=reads_only)


@pytest.mark.parametrize(
    ("schema", "given", "wanted"),
    [
        (BOUNDED, 1440, 720),
        (BOUNDED, 1, 1),
        (FROM_NONE, 0, 300),
        (FROM_NONE, 9.5, 9.5),
        ({"type": "integer", "minimum": 10, "maximum": 1000, "multipleOf": 5}, 1000, 505),
        ({"type": "integer", "minimum": 0, "maximum": 1}, 1, 1),
        ({"type": "integer"}, 0, 0),
        ({"type": "boolean"}, False, False),
        ({"type": "integer", "enum": [0, 5], "maximum": 5}, 5, 5),
    ],
)
def test_nothing_and_the_largest_become_a_number_between(
    schema: dict[str, Any], given: Any, wanted: Any
) -> None:
    assert between_bounds(_operation(schema), {"minutes": given}) == {"minutes": wanted}


def test_page_that_is_read_keeps_its_size() -> None:
    assert (
        between_bounds(_operation(BOUNDED, reads_only=True), {"minutes": 1440})["minutes"] == 1440
    )


def test_victim_is_above_the_other_until_that_one_gives_the_largest() -> None:
    minutes = Parameter("minutes", FROM_NONE, True, Role.VALUE)
    log = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, minutes), reads_only=False)
    example = begun(Notes(), log, LIST)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    given = {
        actor.name: {users.own(log, actor).arguments["minutes"] for _ in range(60)}
        for actor in (alice, bob)
    }
    assert {400} <= given["alice"]
    assert {300} <= given["bob"]
    assert not {0, 600} & {*given["alice"], *given["bob"]}
    assert 400 not in given["bob"]
