"""Ids that no object has, in the form of one that exists."""

from __future__ import annotations

import re
import uuid

import pytest

from crosstalk.core.identifiers import identifiers_in, missing_like


@pytest.mark.parametrize(
    ("example", "form"),
    [
        ("efc1672cc040f5b0970f628ded1d41c3", r"[0-9a-f]{32}"),
        ("4f1dfe9b" * 5, r"[0-9a-f]{40}"),
        ("01J8ZKX3M4N5P6Q7R8S9T0V1W2", r"0[0-9A-Z]{25}"),
        ("note_01J8ZKX3M4N5P6Q7R8S9T0V1W2", r"note_0[0-9A-Z]{25}"),
        ("V1StGXR8_Z5jdHi6B-myT", r"V[A-Za-z0-9_-]{20}"),
        ("7d1c4b9a-1111-4222-8333-944455556666", r"[0-9a-f-]{36}"),
        ("U-WBQV8V6", r"U-[A-Z0-9]{7}"),
        ("DOC-1001", r"DOC-9\d{3}"),
        ("17", r"9\d{8}"),
    ],
)
def test_a_missing_id_has_the_form_of_the_one_that_exists(example: str, form: str) -> None:
    made = {missing_like(example, str(uuid.uuid5(uuid.NAMESPACE_DNS, each))) for each in "abcdefgh"}
    assert example not in made
    assert len(made) > 1
    for each in made:
        assert re.fullmatch(form, each), each
        # What is an id of its own in a text stays one, so that answers are masked alike.
        assert bool(identifiers_in(each)) == bool(identifiers_in(example))
