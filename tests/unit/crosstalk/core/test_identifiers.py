"""Identifiers: which values name an object, and ids of the same form that no object has."""

from __future__ import annotations

import uuid

import pytest

from crosstalk.core.identifiers import (
    is_short_id,
    marker,
    missing_like,
    remarked,
    remarked_cut,
)

UNKNOWN = str(uuid.UUID(int=0x1F0E5C1A7C394F529F3B2F6F1D4F8A10))
DRAWN = ["V1StGXR8_Z5j", "kDq3mXwA", "aBcDeFgH", "U-WBQV8V6", "9f3c21ab", "note-1", "42"]
WORDS = ["books", "to-read", "north-meadow", "README", "London", "myFolderName", "2030-01-01", ""]


@pytest.mark.parametrize("value", DRAWN)
def test_short_id_is_a_number_or_a_code_that_a_system_draws(value: str) -> None:
    assert is_short_id(value)


@pytest.mark.parametrize("value", [*WORDS, "xtalicez0000000a", UNKNOWN])
def test_word_date_marker_and_long_id_are_no_short_ids(value: str) -> None:
    assert not is_short_id(value)


@pytest.mark.parametrize("value", DRAWN)
def test_missing_id_is_another_of_the_same_form(value: str) -> None:
    missing = missing_like(value, UNKNOWN)
    assert missing != value
    assert is_short_id(missing)
    assert [each for each in missing if each in "-_"] == [each for each in value if each in "-_"]


def test_missing_code_keeps_the_word_that_it_begins_with() -> None:
    assert missing_like("alice-3f2a91bc", UNKNOWN).startswith("alice-")
    assert missing_like("note-1", UNKNOWN).startswith("note-")


def test_end_of_a_marker_is_made_anew_where_a_refusal_alone_told_the_length() -> None:
    assert remarked_cut("icez627be125", {"type": "string"}, 1) == "icez627be124"
    assert remarked_cut("627be125", {"type": "string"}, 1) == "627be125"
    assert remarked_cut("627be125", {"type": "string", "maxLength": 8}, 1) == "627be124"
    assert remarked_cut("breezedeadbeef", {"type": "string"}, 1) == "breezedeadbeef"


def test_a_whole_marker_is_no_end_of_one() -> None:
    whole = marker("alice", 0x72AFE19D)
    for schema in ({}, {"maxLength": len(whole)}):
        assert remarked_cut(whole, schema, 0x1234567) == whole
    # A replay that made another of it twice would have stored the same name again.
    assert remarked(remarked_cut(whole, {}, 0x1234567), 0x1234567) != whole


@pytest.mark.parametrize(
    ("value", "drawn"),
    [
        ("thr_UTkLfk_OXWVB", True),
        ("msg_zNfQwNIaLx-h", True),
        ("thr_fdz3H2m0kU_P", False),  # it is a secret
        ("getUserNameById_", False),
        ("XMLHttpRequestFactory", False),
        ("HTTP_NOT_FOUND_ERROR", False),
        ("two-factor-authentication", False),
    ],
)
def test_long_code_without_a_digit_is_an_id_and_no_words(value: str, *, drawn: bool) -> None:
    assert is_short_id(value) is drawn
    if drawn:
        missing = missing_like(value, "2f6a1f0e-8d0a-4b7c-9f43-0d7f3c7b2a22")
        assert missing != value
        assert missing[:4] == value[:4]
