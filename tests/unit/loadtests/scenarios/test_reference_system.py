"""The verdict on the reference system under load is strict."""

from __future__ import annotations

from typing import Any

import pytest

from loadtests.scenarios.reference_system import ReferenceVerdict

GOOD: dict[str, Any] = {
    "users": 5,
    "requests": 9,
    "errors": 0,
    "unfinished": 0,
    "stalls": 0,
    "foreign": 0,
    "own": 9,
    "p50_ms": 10.0,
    "p99_ms": 20.0,
}


TRACED = {"chat": 18, "REST request": 4, "tool call": 3}


def verdict(**other: Any) -> ReferenceVerdict:
    return ReferenceVerdict({"a": GOOD, "b": {**GOOD, **other}}, traced=TRACED)


def test_reference_verdict_passes_when_every_user_got_their_own_answers() -> None:
    assert verdict().passed
    summary = verdict(p99_ms=70.0).summarized()
    assert (summary["requests"], summary["p99_ms"], summary["users"]) == (18, 70.0, 5)
    assert (summary["stands"], summary["circles"]) == (True, [])


@pytest.mark.parametrize(
    "other",
    [{"errors": 1}, {"unfinished": 1}, {"stalls": 1}, {"foreign": 1}, {"own": 0}, {"requests": 0}],
)
def test_reference_verdict_fails_with_any_error_stall_or_foreign_text(
    other: dict[str, int],
) -> None:
    assert not verdict(**other).passed


def test_reference_verdict_fails_with_a_departure_or_without_traces() -> None:
    assert not ReferenceVerdict({"a": GOOD}, ["chat: step 1"], TRACED).passed
    assert not ReferenceVerdict({"a": GOOD}).passed


@pytest.mark.parametrize("kind", TRACED)
def test_reference_verdict_fails_where_a_kind_of_request_was_not_compared(kind: str) -> None:
    rest = {name: count for name, count in TRACED.items() if name != kind}
    assert not ReferenceVerdict({"a": GOOD}, traced=rest).passed
