"""Detects that a running system stalls: requests are in flight, and none is completed.

Any response is progress, an error too: a refusal is not a stall. The clock is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObservedStall:
    """A period without progress.

    Attributes:
        since: Time of the last completion, or of the first request in flight.
        seconds: Seconds since then.
        in_flight: Number of waiting requests.
        completed: Number of requests completed by then.
    """

    since: float
    seconds: float
    in_flight: int
    completed: int


class Watchdog:
    """Counts requests in flight against completions.

    Args:
        patience: Seconds without a completion that count as a stall; longer than the longest
            request takes when it waits for nothing.
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
        self.stalls: list[ObservedStall] = []

    def begin(self) -> None:
        """Record that a request was sent."""
        if self.in_flight == 0:
            self._moved()
        self.began += 1
        self.in_flight += 1

    def complete(self) -> None:
        """Record that a request was answered, with whatever status."""
        self.in_flight -= 1
        self.completed += 1
        self._moved()

    def withdraw(self) -> None:
        """Forget a request whose sender was cancelled, as if it had not been sent."""
        self.in_flight -= 1
        self.began -= 1

    def report(self, began: int, completed: int) -> None:
        """Take over another counter's totals of sent and answered requests."""
        if completed > self.completed or self.in_flight == 0:
            self._moved()
        self.began, self.completed = began, completed
        self.in_flight = began - completed

    def look(self) -> ObservedStall | None:
        """Return a stall that has begun and was not reported yet."""
        waited = self._clock() - self._progress
        if self.in_flight == 0 or waited < self._patience or self._stalled:
            return None
        self._stalled = True
        seen = ObservedStall(self._progress, waited, self.in_flight, self.completed)
        self.stalls.append(seen)
        return seen

    def dismiss(self) -> None:
        """Withdraw the last stall, because something inside still moved, and wait once more."""
        self.stalls.pop()
        self._moved()

    def _moved(self) -> None:
        self._progress = self._clock()
        self._stalled = False
