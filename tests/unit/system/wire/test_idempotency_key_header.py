"""Idempotency keys in a header: both forms are read, and any key can be sent on."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from system.store.schemas import IDEMPOTENCY_KEY_PATTERN
from system.wire.idempotency_key_header import KEY_HEADER_PATTERN, read_key, write_key


@given(st.from_regex(IDEMPOTENCY_KEY_PATTERN, fullmatch=True))
def test_idempotency_key_header_is_read_as_it_was_written(key: str) -> None:
    header = write_key(key)
    assert re.fullmatch(KEY_HEADER_PATTERN, header)
    assert read_key(header) == key


@given(st.from_regex(KEY_HEADER_PATTERN, fullmatch=True))
def test_every_idempotency_key_header_of_the_pattern_holds_a_key(header: str) -> None:
    assert re.fullmatch(IDEMPOTENCY_KEY_PATTERN, read_key(header))


def test_bare_idempotency_key_equals_the_quoted_one() -> None:
    assert read_key("8e03978e") == read_key('"8e03978e"') == "8e03978e"
    assert read_key('"a\\"b\\\\c"') == 'a"b\\c'
