"""The verdict on the reference system under load is strict."""

from __future__ import annotations

from typing import Any

import pytest

from loadtests.scenarios.reference_system import Verdict

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


def verdict(**other: Any) -> Verdict:
    return Verdict({"a": GOOD, "b": {**GOOD, **other}}, traced=TRACED)


def test_a_system_stands_when_everybody_got_an_answer_of_their_own() -> None:
    assert verdict().stands
    summary = verdict(p99_ms=70.0).summarized()
    assert (summary["requests"], summary["p99_ms"], summary["users"]) == (18, 70.0, 5)


@pytest.mark.parametrize(
    "other",
    [{"errors": 1}, {"unfinished": 1}, {"stalls": 1}, {"foreign": 1}, {"own": 0}, {"requests": 0}],
)
def test_anything_less_and_it_does_not(other: dict[str, int]) -> None:
    assert not verdict(**other).stands


def test_a_departure_or_no_trace_at_all_and_it_does_not() -> None:
    assert not Verdict({"a": GOOD}, ["chat: step 1"], TRACED).stands
    assert not Verdict({"a": GOOD}).stands


@pytest.mark.parametrize("kind", TRACED)
def test_a_kind_of_request_of_which_nothing_was_compared_and_it_does_not(kind: str) -> None:
    rest = {name: count for name, count in TRACED.items() if name != kind}
    assert not Verdict({"a": GOOD}, traced=rest).stands
