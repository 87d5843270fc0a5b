"""Texts of rows as a schema's example has them."""

from __future__ import annotations

import pytest

from crosstalk.generator.values.forms.shown import like_example


@pytest.mark.parametrize(
    ("example", "text"),
    [
        ("text\nhello", "text\nnote m1\n"),
        ("day,what,cents\n2030-01-01,Baker,450\n", "day,what,cents\n2030-01-01,note m1,450\n"),
        ("2026-02-01;Baker;450;food", "2026-02-01;note m1;450;food\n"),
        ("2026-02-01;12;450", "2026-02-01;12;450\n"),
        ("2026-02-01,Baker,450,food,REF-1", "2026-02-01,note m1,450,food,m1\n"),
    ],
)
def test_rows_keep_their_form_and_hold_a_marker(example: str, text: str) -> None:
    assert like_example({"examples": [example]}, "note", lambda: "m1") == text


@pytest.mark.parametrize(
    "schema", [{}, {"examples": ["Milk, bread, and honey"]}, {"examples": [7]}, True]
)
def test_text_without_rows_is_left_to_others(schema: object) -> None:
    assert like_example(schema, "note", lambda: "m1") is None
