"""Admission of agents: limits those that run at once, first come, first served.

An event loop gives every task the same share. With 500 concurrent chats all of them end late
together, the first hardly sooner than the last. So a chat begins when an agent may be added, in
the order of arrival, and holds nothing while it waits: no connection, no token, no request to the
model.

The limit cannot be a number alone. An agent that waits for a slow model costs nothing, and a
thousand of them may wait; one that works costs tens of milliseconds of the processor. So up to
`floor` agents always run; beyond that one more begins whenever the loop is prompt, or when another
has ended, and never more than `most`. A loop is prompt when it comes back to a short
pause about on time, which it does not when it has too much to do.

Nothing is lost in the queue: an agent that ends, or stops waiting, admits the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from system.observe.metrics import agents_waiting

# How long the loop is left alone to see whether it is prompt, and how late it may be, in seconds.
_PAUSE = 0.005
_LATE = 0.015


class Admission:
    """Lets agents begin.

    Args:
        most: Largest number that run at once.
        floor: Number that run even when the loop is late.
        sleep: Waits for a number of seconds.
        clock: Seconds that never step back.

    Raises:
        ValueError: One of the numbers is below one.
    """

    def __init__(
        self,
        most: int,
        floor: int,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if most < 1 or floor < 1:
            raise ValueError("at least one agent must be able to run")
        self._most = most
        self._floor = min(floor, most)
        self._sleep = sleep
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._watching: asyncio.Task[None] | None = None
        self.running = 0

    @property
    def waiting(self) -> int:
        """Number of agents that wait for their turn."""
        return sum(not each.done() for each in self._waiting)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn; it ends with the block."""
        await self._begin()
        try:
            yield
        finally:
            self._end()

    async def _begin(self) -> None:
        if not self._waiting and self.running < self._floor:
            self.running += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._watch()
        try:
            with agents_waiting.track_inprogress():
                await place
        except asyncio.CancelledError:
            # It may have been given its turn in the same moment.
            if place.done() and not place.cancelled():
                self._end()
            raise

    def _end(self) -> None:
        self.running -= 1
        if self.running < self._most:
            self._admit_next()

    def _admit_next(self) -> bool:
        """Admit the agent that has waited longest; False if none waits."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                self.running += 1
                place.set_result(None)
                return True
        return False

    def _watch(self) -> None:
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._admit_while_prompt())

    async def _admit_while_prompt(self) -> None:
        """Admit one more after each pause that took about as long as intended."""
        clock = self._clock or asyncio.get_running_loop().time
        while self._waiting:
            if self.running < self._floor:
                self._admit_next()
                continue
            before = clock()
            await self._sleep(_PAUSE)
            prompt = clock() - before < _PAUSE + _LATE
            if prompt and self.running < self._most:
                self._admit_next()

    async def aclose(self) -> None:
        """Stop watching; agents that wait still begin when others end."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
