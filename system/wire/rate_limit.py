"""Rate limit of each caller: a token bucket for each, kept in this process.

The key is the issuer and subject of the verified token, so that no user's limit depends on another
user. A network address is not a key: users behind one proxy would share it, and one could lock out
the others. Requests without a valid token are therefore not limited here; they
are refused before anything is read or looked up.

Each bucket is one number, the time at which it will be full again (the generic cell rate algorithm
of ITU-T I.371). A bucket that is full again is as good as none and is forgotten. Beyond `max_keys`
the one unused for longest is forgotten too, which can only favour its owner.

Replicas count each for themselves: behind a balancer the limit is up to that many times higher.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

from system.errors import RateLimited

_FORGET_AT_ONCE = 2


class RateLimit:
    """Limit of requests a minute and of requests at once.

    Args:
        per_minute: Requests a minute in the long run.
        burst: Requests at once, after a pause.
        max_keys: Buckets kept at most.
        clock: Seconds that never step back.
    """

    def __init__(
        self,
        per_minute: float,
        burst: int,
        *,
        max_keys: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 60.0 / per_minute
        self._tolerance = self._interval * (burst - 1)
        self._max_keys = max_keys
        self._clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of buckets."""
        return len(self._full_at)

    def spend(self, key: Hashable) -> None:
        """Count a request of this caller.

        Raises:
            RateLimited: It is one too many, and is not counted; says after how many seconds the
                next one will be let through.
        """
        self.require(key)
        self.charge(key, 1)

    def require(self, key: Hashable) -> None:
        """Check that this caller has something left, and count nothing.

        Raises:
            RateLimited: Nothing is left; says after how many seconds something will be.
        """
        if delay := self.delay(key):
            raise RateLimited(retry_after=math.ceil(delay))

    def delay(self, key: Hashable) -> float:
        """Return the seconds until this caller has something left; 0 where that is now."""
        now = self._clock()
        delay = self._full_at.get(key, now) - now - self._tolerance
        # A nanosecond: sums of intervals are not exact.
        return delay if delay > 1e-9 else 0.0

    def charge(self, key: Hashable, amount: int) -> None:
        """Count an amount whose size is known only afterwards; it may exceed what is left."""
        now = self._clock()
        full_at = max(now, self._full_at.get(key, now))
        self._full_at[key] = full_at + self._interval * amount
        self._full_at.move_to_end(key)
        self._forget(now)

    def _forget(self, now: float) -> None:
        for _ in range(_FORGET_AT_ONCE):
            key, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._max_keys:
                return
            del self._full_at[key]
            if not self._full_at:
                return


class Pace:
    """Rate limit of each key that delays what is one too many, where `RateLimit` refuses it.

    A bound on what is under way at once says nothing of how often: a user whose calls are short
    keeps a service busy with few of them at a time, and others wait for its processor.

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
        self._limit = RateLimit(60.0 * per_second, burst, clock=clock)
        self._sleep = sleep

    def __len__(self) -> int:
        """Number of keys that have used a part of their burst."""
        return len(self._limit)

    async def wait(self, key: Hashable) -> None:
        """Wait for this key's next place; one who stops waiting has used it all the same."""
        delay = self._limit.delay(key)
        self._limit.charge(key, 1)
        if delay:
            await self._sleep(delay)
