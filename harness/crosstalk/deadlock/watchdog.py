"""Notices that a running system has stopped: requests are in flight, and none is completed.

Any answer is progress, an error too: a refusal is not a stall. The clock is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StallSeen:
    """A time without progress.

    Attributes:
        since: When something was completed last, or when the first of those in flight began.
        seconds: How long ago that is.
        in_flight: Requests that wait.
        completed: Requests that had been completed by then.
    """

    since: float
    seconds: float
    in_flight: int
    completed: int


class Watchdog:
    """Counts requests in flight against completions.

    Args:
        patience: Seconds without a completion that are a stall; longer than the longest request
            takes when nothing is in its way.
        clock: Seconds, monotonic.
    """

    def __init__(self, patience: float, clock: Callable[[], float]) -> None:
        self._patience = patience
        self._clock = clock
        self._progress = clock()
        self._stalled = False
        self.in_flight = 0
        self.began = 0
        self.completed = 0
        self.stalls: list[StallSeen] = []

    def begin(self) -> None:
        """A request was sent."""
        if self.in_flight == 0:
            self._moved()
        self.began += 1
        self.in_flight += 1

    def complete(self) -> None:
        """A request was answered, with whatever."""
        self.in_flight -= 1
        self.completed += 1
        self._moved()

    def withdraw(self) -> None:
        """Who sent a request was told to stop: it is as if it had not been sent."""
        self.in_flight -= 1
        self.began -= 1

    def report(self, began: int, completed: int) -> None:
        """Somebody else has counted: so many began and were answered since the beginning."""
        if completed > self.completed or self.in_flight == 0:
            self._moved()
        self.began, self.completed = began, completed
        self.in_flight = began - completed

    def look(self) -> StallSeen | None:
        """A stall that has begun and was not seen yet."""
        waited = self._clock() - self._progress
        if self.in_flight == 0 or waited < self._patience or self._stalled:
            return None
        self._stalled = True
        seen = StallSeen(self._progress, waited, self.in_flight, self.completed)
        self.stalls.append(seen)
        return seen

    def dismiss(self) -> None:
        """What was seen last was no stall: something inside still moved. Wait once more."""
        self.stalls.pop()
        self._moved()

    def _moved(self) -> None:
        self._progress = self._clock()
        self._stalled = False
