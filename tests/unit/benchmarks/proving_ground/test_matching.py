"""Which planted leak a finding is."""

from __future__ import annotations

import pytest

from benchmarks.proving_ground.manifest import Planted
from benchmarks.proving_ground.matching import Finding, is_same, match_findings


def planted(name: str, oracle: str, operation: str) -> Planted:
    """Build a planted leak."""
    return Planted.model_validate(
        {"id": name, "oracle": oracle, "operation": operation, "why": "w", "shows": "s"}
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /notes/{id}", "GET /notes/{note_id}"),
        ("GET /notes/", "GET /notes"),
        ("get_note", "tool get_note"),
        ("review_note", "prompt review_note"),
        ("prompts/get review_note", "prompt review_note"),
        ("notes://all", "resource notes://all"),
        ("resources/read memory://{memory_id}", "resource memory://{id}"),
        ("query note", "POST /graphql note"),
        ("mutation addNote", "POST /api/graphql addNote"),
    ],
)
def test_one_operation_written_in_two_ways(one: str, other: str) -> None:
    assert is_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /notes", "POST /notes"),
        ("tool get_note", "prompt get_note"),
        ("query note", "query notes"),
        ("POST /notes", "POST /graphql notes"),
    ],
)
def test_two_operations_are_two(one: str, other: str) -> None:
    assert not is_same(one, other)


def test_two_leaks_of_one_operation_want_a_finding_each() -> None:
    leaks = [planted("a", "canary", "GET /x"), planted("b", "existence", "GET /x")]
    (one, other) = match_findings(leaks, [Finding("GET /x", "canary")])
    assert (one.how, other.how) == ("exact", None)
    (one, other) = match_findings(leaks, [Finding("GET /x", "ownership")])
    assert (one.how, other.how) == ("operation", "operation")


def test_finding_may_be_the_leak_of_the_operation_that_showed_it() -> None:
    leaks = [planted("usage", "two-worlds", "GET /usage")]
    found = Finding("PUT /file", "ownership", shown_at="GET /usage")
    assert [each.how for each in match_findings(leaks, [found])] == ["shown"]


def test_one_finding_is_not_two_leaks() -> None:
    leaks = [planted("a", "ownership", "PUT /file"), planted("b", "two-worlds", "GET /usage")]
    found = Finding("PUT /file", "ownership", shown_at="GET /usage")
    assert [each.how for each in match_findings(leaks, [found])] == ["exact", None]


def test_finding_beside_that_of_its_operations_leak_may_be_that_of_what_showed_it() -> None:
    leaks = [planted("a", "existence", "PUT /file"), planted("b", "two-worlds", "GET /usage")]
    shown = Finding("PUT /file", "ownership", shown_at="GET /usage")
    found = match_findings(leaks, [Finding("PUT /file", "existence"), shown])
    assert [each.how for each in found] == ["exact", "shown"]
    # Alone it may be the leak of its own operation, noticed in another way.
    assert [each.how for each in match_findings(leaks, [shown])] == ["operation", None]
