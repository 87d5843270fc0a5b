"""Pacing: a surface that is called no faster than a description allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import retry_after
from crosstalk.surface.operation import Operation, Surface
from crosstalk.targets.described.config import RateLimitConfig


class Paced:
    """Calls no faster than a system allows; waits when an answer says that it was too fast.

    Args:
        inner: Makes the calls.
        limit: The rate, and the patience.
        sleep: Waits, in seconds.
        clock: Seconds on a monotonic clock.
    """

    def __init__(
        self,
        inner: Surface,
        limit: RateLimitConfig,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._apart = 1.0 / limit.calls_per_second if limit.calls_per_second else 0.0
        self._patience = limit.patience
        self._sleep = sleep
        self._clock = clock
        self._next = 0.0

    def discover(self) -> list[Operation]:
        """List the operations.

        Raises:
            SurfaceError: The server cannot be reached or does not speak the protocol.
        """
        return self._inner.discover()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make one call when its time has come; a refusal for haste is tried once more."""
        answer = self._once(operation, arguments, presented)
        if answer.outcome is Outcome.LIMITED and self._patience:
            self._sleep(min(self._patience, retry_after(answer, self._patience)))
            answer = self._once(operation, arguments, presented)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _once(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        now = self._clock()
        if self._apart and now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._apart
        return self._inner.call(operation, arguments, presented)
