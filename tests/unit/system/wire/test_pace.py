"""Pace: places in time for each key."""

from __future__ import annotations

import pytest

from system.wire.rate_limit import Pace


class Clock:
    """A clock that stands, and what was slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Note how long, and let no time pass."""
        self.slept.append(round(seconds, 6))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pace(clock: Clock) -> Pace:
    return Pace(10.0, 3, clock=lambda: clock.now, sleep=clock.sleep)


async def test_burst_goes_at_once_and_the_rest_at_the_pace(clock: Clock) -> None:
    paced = pace(clock)
    for _ in range(6):
        await paced.wait("alice")
    assert clock.slept == [0.1, 0.2, 0.3]


async def test_one_key_does_not_wait_for_another(clock: Clock) -> None:
    paced = pace(clock)
    for _ in range(9):
        await paced.wait("alice")
    clock.slept.clear()
    await paced.wait("bob")
    assert clock.slept == []


async def test_pause_gives_the_burst_back_and_no_more(clock: Clock) -> None:
    paced = pace(clock)
    for _ in range(3):
        await paced.wait("alice")
    clock.now = 60.0
    for _ in range(4):
        await paced.wait("alice")
    assert clock.slept == [0.1]


async def test_keys_at_rest_are_forgotten(clock: Clock) -> None:
    paced = pace(clock)
    for number in range(20):
        await paced.wait(number)
    clock.now = 60.0
    for number in range(20):
        await paced.wait(f"later {number}")
    assert len(paced) == 20
