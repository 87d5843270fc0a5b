"""The table of connections: who gives up a place for whom, and what is said of it."""

from __future__ import annotations

import logging
import resource

import pytest

from system.wire.connections import ConnectionLimits, ConnectionTable, affordable


class Held:
    """A connection that notes what is done to it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.dropped = False

    def drop(self) -> None:
        """Note it."""
        self.dropped = True

    def check(self, now: float) -> None:
        """Take no time."""


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def entered(table: ConnectionTable, *addresses: str) -> list[Held]:
    """Connections that are in the table."""
    made = [Held(each) for each in addresses]
    for each in made:
        assert table.enter(each)
    return made


async def test_the_longest_waiting_of_the_same_client_goes_first() -> None:
    table = ConnectionTable(ConnectionLimits(per_client=2))
    other, oldest, newer = entered(table, "b", "a", "a")
    entered(table, "a")
    assert [each.dropped for each in (other, oldest, newer)] == [False, True, False]
    assert len(table) == 3


async def test_served_connection_is_not_closed_and_one_that_waits_again_is_the_newest() -> None:
    table = ConnectionTable(ConnectionLimits(connections=2))
    first, second = entered(table, "a", "b")
    table.serves(first)
    table.serves(second)
    assert not table.enter(Held("c"))
    table.waits(second)
    table.waits(first)
    entered(table, "c")
    assert (first.dropped, second.dropped) == (False, True)


async def test_bytes_are_given_back_with_the_connection() -> None:
    table = ConnectionTable(ConnectionLimits(unread_bytes=100))
    first, second, third = entered(table, "a", "b", "c")
    assert table.hold(first, 40)
    assert table.hold(second, 40)
    assert table.hold(third, 40)
    assert first.dropped
    assert table.held == 80
    table.release(second)
    table.leave(third)
    table.leave(third)
    assert table.held == 0
    # Nobody is left who could make room but the one that asks.
    assert not table.hold(second, 101)


async def test_a_bound_that_is_met_often_is_said_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    table = ConnectionTable(ConnectionLimits(), clock=clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(1_000):
            table.note("connections")
        clock.now = 10.0
        table.note("connections")
    said = [record for record in caplog.records if record.message == "bound met"]
    assert [vars(each)["times"] for each in said] == [1, 1_000]
    assert {vars(each)["bound"] for each in said} == {"connections"}


def test_no_more_connections_are_taken_than_there_are_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        assert affordable(10) == 10
        if hard != resource.RLIM_INFINITY:
            assert affordable(hard) == hard // 2
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
