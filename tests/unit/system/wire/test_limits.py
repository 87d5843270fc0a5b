"""How deep JSON nests, counted without parsing it."""

from __future__ import annotations

import pytest

from system.wire.limits import MAX_JSON_DEPTH, json_depth


@pytest.mark.parametrize(
    ("body", "too_deep"),
    [
        (b"[" * 65 + b"]" * 65, True),
        (b'{"a":' * 65 + b"1" + b"}" * 65, True),
        (b"[" * 64 + b"]" * 64, False),
        (b'"' + b"[" * 500 + b'"', False),
        (b'"\\"' + b"[" * 500 + b'"', False),
        (b"[" + b",".join([b"[]"] * 500) + b"]", False),
        (b"[" * 100_000, True),
    ],
)
def test_nesting_is_measured_outside_strings(body: bytes, too_deep: bool) -> None:
    assert (json_depth(body) > MAX_JSON_DEPTH) is too_deep
