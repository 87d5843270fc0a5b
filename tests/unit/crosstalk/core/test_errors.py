"""Advice on names that do not exist."""

from __future__ import annotations

import pytest

from crosstalk.core.errors import did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("quik", ["quick", "standard"], "; did you mean 'quick'?"),
        ("QUICK", ["quick", "standard"], "; did you mean 'quick'?"),
        ("GET /book/{id}", ["GET /books/{id}", "POST /books"], "; did you mean 'GET /books/{id}'?"),
        ("notes", ["list_all_notes_of_a_user", "x"], "; did you mean 'list_all_notes_of_a_user'?"),
        ("zzz", ["b", "a"], "; there are: a, b"),
        ("zzz", [], "; there are none"),
        ("zzz", list("abcdefghij"), "; there are: a, b, c, d, e, f, g, h and 2 more"),
    ],
)
def test_nearest_name_is_named_or_what_there_is(name: str, known: list[str], expected: str) -> None:
    assert did_you_mean(name, known) == expected
