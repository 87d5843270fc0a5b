"""Texts that match a schema's pattern, drawn and drawn anew."""

from __future__ import annotations

import re

import pytest

from crosstalk.core.identifiers import marker
from crosstalk.surface.operation import Role
from crosstalk.surface.patterns import admits, matching, renewed
from crosstalk.surface.schemas import role_of


def test_many_texts_match_a_pattern_and_differ() -> None:
    found = matching(r"^[A-Z]{3}-\d{4}$", 1)
    assert len(found) == len(set(found)) > 20
    assert all(re.fullmatch(r"[A-Z]{3}-\d{4}", each) for each in found)


@pytest.mark.parametrize("pattern", ["(", r"^(?P<x>a)(?P=y)$", "^\\p{Unknown}+$"])
def test_pattern_that_cannot_be_read_gives_nothing(pattern: str) -> None:
    assert matching(pattern, 1) == ()


def test_text_is_renewed_alike_for_one_salt_and_otherwise_for_another() -> None:
    schema = {"type": "string", "pattern": r"^[A-Z]{4}-\d{6}$"}
    once, again = renewed("ABCD-123456", schema, 7), renewed("ABCD-123456", schema, 7)
    assert once == again != "ABCD-123456"
    assert admits(schema, once)
    assert renewed("ABCD-123456", schema, 8) != once
    assert renewed("free text", {"type": "string"}, 7) == "free text"


@pytest.mark.parametrize(
    ("schema", "role"),
    [
        ({"type": "string", "pattern": "^[a-z0-9-]{3,40}$"}, Role.TEXT),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, Role.VALUE),
        ({"type": "string", "format": "email"}, Role.TEXT),
        ({"type": "string", "format": "date"}, Role.VALUE),
        ({"type": "string", "pattern": "^[a-z0-9]+$", "maxLength": 8}, Role.VALUE),
    ],
)
def test_text_that_has_room_for_a_marker_is_a_text(schema: dict[str, object], role: Role) -> None:
    assert role_of("label", schema) is role
    assert admits({"pattern": "^[a-z0-9-]{3,40}$"}, marker("alice", 1))
