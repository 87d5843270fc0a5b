"""When the watchdog barks."""

from __future__ import annotations

from crosstalk.deadlock.watchdog import Watchdog


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_silence_with_requests_in_flight_is_a_stall_and_is_told_once() -> None:
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


def test_a_slow_system_that_completes_now_and_then_does_not_stall() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    for _ in range(10):
        dog.begin()
    for _ in range(10):
        clock.now += 1.5
        assert dog.look() is None
        dog.complete()
    assert dog.stalls == []


def test_nobody_waiting_is_no_stall_however_long() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.begin()
    dog.complete()
    clock.now += 60
    assert dog.look() is None
    dog.begin()
    assert dog.look() is None


def test_a_second_stall_after_progress_is_another_one() -> None:
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


def test_slowness_that_was_taken_for_a_stall_is_taken_back() -> None:
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


def test_counts_of_others_are_progress_when_more_has_been_answered() -> None:
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


def test_others_who_had_nothing_to_do_have_not_stalled() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.report(began=3, completed=3)
    clock.now += 10
    dog.report(began=4, completed=3)
    assert dog.look() is None


def test_who_is_told_to_stop_waits_no_more() -> None:
    clock = Clock()
    dog = Watchdog(2.0, clock)
    dog.begin()
    dog.withdraw()
    clock.now += 10
    assert dog.look() is None
    assert (dog.began, dog.in_flight, dog.completed) == (0, 0, 0)
