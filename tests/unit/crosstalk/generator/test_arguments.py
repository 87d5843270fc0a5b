"""Texts of arguments: a marker in the form that the name asks for."""

from __future__ import annotations

from random import Random

import pytest

from crosstalk.core.principals import ALICE
from crosstalk.generator.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.arguments import ArgumentDrawer
from crosstalk.generator.choice import RandomChoice
from crosstalk.generator.value_pool import ValuePool
from crosstalk.surface.operation import Operation, Parameter, Role


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("email", "xtmark@example.com"),
        ("contact_email", "xtmark@example.com"),
        ("url", "https://example.com/xtmark"),
        ("title", "note xtmark"),
        ("emails_sent", "note xtmark"),
    ],
)
def test_text_has_the_form_that_its_name_asks_for(name: str, text: str) -> None:
    parameter = Parameter(name, {"type": "string"}, True, Role.TEXT)
    operation = Operation("mcp", "mcp:add", (parameter,), reads_only=False)
    drawer = ArgumentDrawer(
        RandomChoice(Random(1)),
        ValuePool(),
        {"alice": "alice-1"},
        lambda _: "xtmark",
        ArgumentKnowledge(),
    )
    assert drawer.arguments(operation, ALICE, hostile=False) == {name: text}
