"""The shape of a JSON text, counted without a parser: the same as a parser would find."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.wire.json_shape import shape_problem

TEXTS = st.text(st.sampled_from('ab[]{},:"\\/\n\u225b')) | st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)
SPACING = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:")])


def depth(value: Any) -> int:
    """How deep a value nests."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (1 if isinstance(value, dict | list) else 0) + max(map(depth, inner), default=0)


def count(value: Any) -> int:
    """How many values a value holds, itself one of them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(count, inner))


@given(VALUES, SPACING, st.booleans())
def test_depth_and_values_are_those_that_a_parser_finds(
    value: Any, spacing: tuple[str, str], escaped: bool
) -> None:
    text = json.dumps(value, separators=spacing, ensure_ascii=escaped).encode("utf-8", "replace")
    value = json.loads(text)
    deep, many = depth(value), count(value)
    assert shape_problem(text, max_depth=deep, max_values=10_000) is None
    if deep > 0:
        assert "nest" in str(shape_problem(text, max_depth=deep - 1, max_values=10_000))
    # A bracket counts as one more, as an empty array has no comma that would tell it from [1].
    brackets = sum(text.count(each) for each in (b"[", b"{"))
    assert shape_problem(text, max_depth=deep, max_values=many + brackets) is None


@given(st.integers(1, 3_000))
def test_more_members_than_allowed_are_refused_however_small_they_are(many: int) -> None:
    text = json.dumps(dict.fromkeys(map(str, range(many)), 0)).encode()
    refused = shape_problem(text, max_depth=64, max_values=1_000) is not None
    assert refused is (many + 1 > 1_000)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_other_encodings_cannot_hide_how_deep_a_text_nests(encoding: str) -> None:
    hidden = ("[" * 100_000).encode(encoding)
    assert "UTF-8" in str(shape_problem(hidden, max_depth=64, max_values=1_000_000))


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 65 + b'\\"' * 500_000,
        b"[" * 65 + b'"' + b'\\"' * 500_000,
        b"[" * 65 + b'"' + b"\\" * 1_000_000,
        b'"[' * 500_000,
        b"[" * 1_000_000,
        b"[]" * 500_000,
        (b"[" * 64 + b"]" * 64) * 8_000,
        b'"a",' * 250_000,
    ],
)
def test_a_megabyte_of_anything_is_counted_in_few_steps(text: bytes) -> None:
    # The pattern that stood here before took minutes for the first of these.
    assert shape_problem(text, max_depth=64, max_values=2_000) is not None
