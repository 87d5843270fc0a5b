"""Calls that are spaced, and calls that wait where they were too many."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation
from crosstalk.surface.patience import ending_at
from crosstalk.targets.described.config import RateLimitConfig
from crosstalk.targets.described.pacing import Paced

ONE, OTHER = (Operation("mcp", f"mcp:{name}", (), reads_only=True) for name in ("one", "other"))


class Throttling:
    """A surface that refuses some calls for haste.

    Args:
        refused: Numbers of the calls that it refuses.
        headers: Of a refusal.
    """

    def __init__(self, refused: Callable[[int], bool], **headers: str) -> None:
        self.refused = refused
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.calls = 0

    def discover(self) -> list[Operation]:
        """Nothing."""
        return []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Refuse, or answer with the number of the call."""
        self.calls += 1
        if self.refused(self.calls):
            return Answer(Outcome.LIMITED, 429, None, dict(self.headers))
        return Answer(Outcome.OK, 200, self.calls)

    def close(self) -> None:
        """Nothing is open."""


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.slept.append(round(seconds, 3))
        self.now += seconds


def paced(inner: Throttling, clock: Clock, left: float = 60.0, **limit: float) -> Paced:
    """Return the surface at that pace, in a run with these seconds left."""
    return Paced(inner, RateLimitConfig(**limit), clock.sleep, clock, lambda: left)


def test_calls_are_spaced_and_haste_is_forgiven() -> None:
    clock = Clock()
    inner = Throttling(lambda number: number == 2, retry_after="3")
    surface = paced(inner, clock, calls_per_second=2, patience=5)
    assert [surface.call(ONE, {}, NOTHING).body for _ in range(2)] == [1, 3]
    assert clock.slept == [0.5, 3.0]


def test_refusal_without_a_time_is_waited_for_longer_each_time() -> None:
    clock = Clock()
    surface = paced(Throttling(lambda number: number <= 3), clock)
    assert surface.call(ONE, {}, NOTHING).body == 4
    assert clock.slept == [0.25, 0.5, 1.0]


def test_quota_beyond_the_time_that_is_left_is_not_waited_for() -> None:
    clock = Clock()
    inner = Throttling(lambda number: True, retry_after="3600")
    surface = paced(inner, clock)
    assert surface.call(ONE, {}, NOTHING).outcome is Outcome.LIMITED
    assert clock.slept == []
    assert inner.calls == 1


@pytest.mark.parametrize(("left", "waits"), [(600.0, True), (60.0, False)])
def test_longer_wait_is_honoured_where_the_run_has_time(left: float, *, waits: bool) -> None:
    clock = Clock()
    inner = Throttling(lambda number: number == 1, retry_after="20")
    answer = paced(inner, clock, left).call(ONE, {}, NOTHING)
    assert (answer.outcome is Outcome.OK) == waits
    assert clock.slept == ([20.0] if waits else [])


def test_operation_that_is_closed_keeps_no_other_waiting() -> None:
    clock = Clock()
    surface = paced(Throttling(lambda number: False), clock)
    surface._closed[ONE.name] = clock.now + 2.0
    assert surface.call(OTHER, {}, NOTHING).outcome is Outcome.OK
    assert clock.slept == []
    assert surface.call(ONE, {}, NOTHING).outcome is Outcome.OK
    assert clock.slept == [2.0]


def test_nothing_is_tried_again_without_patience() -> None:
    inner = Throttling(lambda number: True)
    assert paced(inner, Clock(), patience=0).call(ONE, {}, NOTHING).outcome is Outcome.LIMITED
    assert inner.calls == 1


def test_an_operation_with_a_quota_is_not_waited_for_any_more_and_others_are() -> None:
    clock = Clock()
    inner = Throttling(lambda number: number <= 40)
    surface = paced(inner, clock)
    # Two calls are waited for in vain.
    for _ in range(2):
        assert surface.call(ONE, {}, NOTHING).outcome is Outcome.LIMITED
    waited, made = len(clock.slept), inner.calls
    for _ in range(10):
        assert surface.call(ONE, {}, NOTHING).outcome is Outcome.LIMITED
    assert (len(clock.slept), inner.calls) == (waited, made + 10)
    # Another operation is another matter.
    surface.call(OTHER, {}, NOTHING)
    assert len(clock.slept) > waited
    # Once it is served it is waited for again.
    inner.refused = lambda number: False
    assert surface.call(ONE, {}, NOTHING).outcome is Outcome.OK
    inner.refused = lambda number: True
    waited = len(clock.slept)
    surface.call(ONE, {}, NOTHING)
    assert len(clock.slept) > waited


def test_a_refusal_that_names_a_time_is_waited_for_as_often_as_it_comes() -> None:
    clock = Clock()
    surface = paced(Throttling(lambda number: True, retry_after="1"), clock, left=1_000.0)
    for _ in range(3):
        waited = len(clock.slept)
        assert surface.call(ONE, {}, NOTHING).outcome is Outcome.LIMITED
        assert len(clock.slept) > waited


def test_a_refusal_that_is_looked_for_is_not_waited_for() -> None:
    clock, inner = Clock(), Throttling(lambda number: True)
    paced = Paced(inner, RateLimitConfig(), clock.sleep, clock)
    with ending_at(-math.inf):
        assert paced.call(ONE, {}, NOTHING).outcome is Outcome.LIMITED
    assert (inner.calls, clock.slept) == (1, [])
