"""A pace for each user: some at once, then so many a second, each in the order of arrival.

A bound on what is under way at once says nothing of how often: a user whose calls are short keeps a
service busy with few of them at a time, and others wait for its processor.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

_FORGET_AT_ONCE = 2


class Pace:
    """Places in time for each key: the generic cell rate algorithm of ITU-T I.371, delaying.

    Args:
        per_second: Places a second in the long run.
        burst: Places at once, after a pause.
        clock: Seconds that never step back.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1.0 / per_second
        self._tolerance = self._interval * (burst - 1)
        self._clock = clock
        self._sleep = sleep
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """Number of keys that have used a part of their burst."""
        return len(self._full_at)

    async def wait(self, key: Hashable) -> None:
        """Wait for this key's next place; one who stops waiting has used it all the same."""
        now = self._clock()
        begins = max(now, self._full_at.get(key, now))
        self._full_at[key] = begins + self._interval
        self._full_at.move_to_end(key)
        self._forget(now)
        # A nanosecond: sums of intervals are not exact.
        if (delay := begins - now - self._tolerance) > 1e-9:
            await self._sleep(delay)

    def _forget(self, now: float) -> None:
        for _ in range(_FORGET_AT_ONCE):
            key, full_at = next(iter(self._full_at.items()))
            if full_at > now:
                return
            del self._full_at[key]
            if not self._full_at:
                return
