"""Pacing: a surface that is called no faster than a description, or the system, allows.

A refusal for haste (429) closes its operation for as long as it says: calls of it that come
meanwhile, from other clients as well, wait instead of being refused one after the other. A wait
that is longer than the description's patience, and than a part of the time that the run has left,
is not waited for: the operation has a quota, and no run can slow down enough for it. So it is where
an operation was waited for more than once in vain, and names no time.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import retry_after
from crosstalk.surface.operation import Operation, Surface
from crosstalk.surface.patience import seconds_to_wait, waits_for_nothing
from crosstalk.targets.described.config import RateLimitConfig

# Times that a refused call is made again, and the first wait where the answer names none.
_TRIES, _FIRST_SECONDS = 4, 0.25
# Calls of one operation, one after the other, that were waited for in vain.
_MOST_IN_VAIN = 2
# The part of the time left that one wait may take where it is longer than the patience.
_SHARE = 0.1
# Where nothing bounds the run, as when it is looked at for the first time.
_LONGEST = 300.0


class Paced:
    """Calls no faster than a system allows; waits when an answer says that it was too fast.

    Args:
        inner: Makes the calls.
        limit: The rate, and the patience.
        sleep: Waits, in seconds.
        clock: Seconds on a monotonic clock.
        left: Returns the seconds that the run has left for calls.
    """

    def __init__(
        self,
        inner: Surface,
        limit: RateLimitConfig,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
        left: Callable[[], float] = seconds_to_wait,
    ) -> None:
        self._inner = inner
        self._apart = 1.0 / limit.calls_per_second if limit.calls_per_second else 0.0
        self._patience = limit.patience
        self._sleep = sleep
        self._clock = clock
        self._left = left
        self._next = 0.0
        # Operation to when it is served again, on the clock.
        self._closed: dict[str, float] = {}
        # Operation to how many calls in turn were refused after every wait.
        self._in_vain: Counter[str] = Counter()
        self._taking = threading.Lock()

    def discover(self) -> list[Operation]:
        """List the operations.

        Raises:
            SurfaceError: The server cannot be reached or does not speak the protocol.
        """
        return self._inner.discover()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make one call when its time has come; a refusal for haste is tried again in time."""
        if waits_for_nothing():
            return self._once(operation, arguments, presented)
        waited, usual = 0.0, _FIRST_SECONDS
        for tries in range(_TRIES):
            waited += self._wait_until(self._closed.get(operation.name, 0.0), self._patience)
            answer = self._once(operation, arguments, presented)
            if answer.outcome is not Outcome.LIMITED:
                self._in_vain[operation.name] = 0
                return answer
            if not self._patience or self._has_a_quota(operation, answer):
                return answer
            asked = retry_after(answer, usual)
            allowed = self._patience if "retry-after" not in answer.headers else self._most()
            if tries == _TRIES - 1 or asked + waited > allowed:
                self._in_vain[operation.name] += 1
                return answer
            usual *= 2
            self._closed[operation.name] = self._clock() + asked
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _has_a_quota(self, operation: Operation, answer: Answer) -> bool:
        """Return whether waits have shown to be of no use, and the refusal asks for none."""
        vain = self._in_vain[operation.name] >= _MOST_IN_VAIN
        return vain and "retry-after" not in answer.headers

    def _most(self) -> float:
        """Return the seconds that a refusal may have calls wait."""
        return max(min(self._patience, self._left()), _SHARE * min(self._left(), _LONGEST))

    def _wait_until(self, moment: float, most: float) -> float:
        """Wait until a moment on the clock, at most the given seconds; return how long it took."""
        seconds = min(moment - self._clock(), max(most, self._most()), self._left())
        if seconds > 0:
            self._sleep(seconds)
        return max(0.0, seconds)

    def _once(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        if self._apart:
            with self._taking:
                now = self._clock()
                turn = max(now, self._next)
                self._next = turn + self._apart
            if turn > now:
                self._sleep(turn - now)
        return self._inner.call(operation, arguments, presented)
