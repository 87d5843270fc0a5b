"""Words that several objects have in common."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.generator.values.forms.words import groups
from crosstalk.surface.operation import Parameter, Role

WORDS = {"type": "array", "items": {"type": "string"}}
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("name", "schema", "found"),
    [
        ("tags", WORDS, True),
        ("anything", WORDS, True),
        ("form.labels[]", TEXT, True),
        ("category", TEXT, True),
        ("title", TEXT, False),
        ("days", {"type": "array", "items": {"type": "string", "enum": ["mon"]}}, False),
    ],
)
def test_objects_are_grouped_by_lists_of_words_and_by_categories(
    name: str, schema: dict[str, Any], *, found: bool
) -> None:
    assert groups(Parameter(name, schema, False, Role.VALUE)) is found
