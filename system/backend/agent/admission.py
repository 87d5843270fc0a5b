"""Admission of agents: limits those that run at once; users take turns.

An event loop gives every task the same share. With 500 concurrent chats all of them end late
together, the first hardly sooner than the last. So a chat begins when an agent may be added: users
take turns, and each one's chats begin in the order of arrival, so that a user who asks a hundred
questions delays another by one. A chat holds nothing while it waits, no connection, no token, no
request to the model, and waits for a bounded time.

The limit cannot be a number alone. An agent that waits for a slow model costs nothing, and a
thousand of them may wait; one that works costs tens of milliseconds of the processor. So up to
`floor` agents always run; beyond that one more begins whenever the loop is prompt, or when another
has ended, and never more than `most`. A loop is prompt when it comes back to a short
pause about on time, which it does not when it has too much to do.

Nothing is lost in the queue: an agent that ends, or stops waiting, admits the next.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from system.errors import Unavailable
from system.observe.metrics import agents_waiting

# How long the loop is left alone to see whether it is prompt, and how late it may be, in seconds.
_PAUSE = 0.005
_LATE = 0.015


class Admission:
    """Lets agents begin.

    Args:
        most: Largest number that run at once.
        floor: Number that run even when the loop is late.
        patience: Seconds that a chat waits for its turn at most.
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
        patience: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if most < 1 or floor < 1:
            raise ValueError("at least one agent must be able to run")
        self._most = most
        self._floor = min(floor, most)
        self._sleep = sleep
        self._clock = clock
        self._patience = patience
        # Each user's chats that wait; the user whose turn it is next stands first.
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._watching: asyncio.Task[None] | None = None
        self.running = 0

    @property
    def waiting(self) -> int:
        """Number of agents that wait for their turn."""
        return sum(not each.done() for queue in self._waiting.values() for each in queue)

    @asynccontextmanager
    async def turn(self, user: str = "") -> AsyncIterator[None]:
        """Wait for a turn of this user; it ends with the block.

        Raises:
            Unavailable: There was none within the patience.
        """
        await self._begin(user)
        try:
            yield
        finally:
            self._end()

    async def _begin(self, user: str) -> None:
        if not self._waiting and self.running < self._floor:
            self.running += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user, deque()).append(place)
        self._watch()
        try:
            with agents_waiting.track_inprogress():
                async with asyncio.timeout(self._patience):
                    await place
        except (asyncio.CancelledError, TimeoutError) as error:
            # It may have been given its turn in the same moment.
            if place.done() and not place.cancelled():
                self._end()
            self._forget(user, place)
            if isinstance(error, TimeoutError):
                raise Unavailable("the assistant is busy", retry_after=5) from None
            raise

    def _forget(self, user: str, place: asyncio.Future[None]) -> None:
        queue = self._waiting.get(user)
        if queue is not None and place in queue:
            queue.remove(place)
            if not queue:
                del self._waiting[user]

    def _end(self) -> None:
        self.running -= 1
        if self.running < self._most:
            self._admit_next()

    def _admit_next(self) -> bool:
        """Admit the next user's longest waiting agent; False if none waits."""
        while self._waiting:
            user, queue = self._waiting.popitem(last=False)
            place = queue.popleft()
            if queue:
                # Behind all others who wait.
                self._waiting[user] = queue
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
