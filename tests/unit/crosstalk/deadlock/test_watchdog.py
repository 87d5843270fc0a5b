"""The watchdog: what it takes for a stall and what for progress."""

from __future__ import annotations

from crosstalk.deadlock.watchdog import Watchdog


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_watchdog_reports_silence_with_requests_in_flight_once() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    for _ in range(3):
        dog.begin()
    clock.now += 1.9
    assert dog.look() is None
    clock.now += 0.2
    stall = dog.look()
    assert stall is not None
    assert (stall.in_flight, stall.completed, stall.since) == (3, 0, 100.0)
    clock.now += 5
    assert dog.look() is None
    assert len(dog.stalls) == 1


def test_watchdog_takes_slow_completions_for_progress() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    for _ in range(10):
        dog.begin()
    for _ in range(10):
        clock.now += 1.5
        assert dog.look() is None
        dog.complete()
    assert dog.stalls == []


def test_watchdog_reports_no_stall_while_nothing_is_in_flight() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.begin()
    dog.complete()
    clock.now += 60
    assert dog.look() is None
    dog.begin()
    assert dog.look() is None


def test_watchdog_reports_a_second_stall_after_progress() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.begin()
    dog.begin()
    clock.now += 3
    assert dog.look() is not None
    dog.complete()
    clock.now += 3
    assert dog.look() is not None
    assert [each.in_flight for each in dog.stalls] == [2, 1]


def test_watchdog_withdraws_a_stall_that_was_slowness() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.begin()
    clock.now += 3
    assert dog.look() is not None
    dog.dismiss()
    assert dog.stalls == []
    clock.now += 1.9
    assert dog.look() is None
    clock.now += 0.2
    assert dog.look() is not None


def test_watchdog_takes_grown_totals_of_another_counter_for_progress() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.report(began=5, completed=1)
    clock.now += 1.5
    dog.report(began=9, completed=2)
    clock.now += 1.5
    dog.report(began=12, completed=2)
    assert dog.look() is None
    clock.now += 1
    stall = dog.look()
    assert stall is not None
    assert (stall.in_flight, stall.completed) == (10, 2)


def test_watchdog_reports_no_stall_where_another_counter_was_idle() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.report(began=3, completed=3)
    clock.now += 10
    dog.report(began=4, completed=3)
    assert dog.look() is None


def test_watchdog_forgets_a_cancelled_request() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.begin()
    dog.withdraw()
    clock.now += 10
    assert dog.look() is None
    assert (dog.began, dog.in_flight, dog.completed) == (0, 0, 0)
