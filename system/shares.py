"""Bounded shares of something that all users share: each has at most a fixed number at once.

Whoever asks for more waits behind their own earlier requests, in the order of arrival, and behind
no other user's. So one user cannot fill a pool, and what is left of it is for the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Share:
    turns: asyncio.Semaphore
    users: int = field(default=0)


class Shares:
    """Turns at something, at most `most` at once for each key; idle keys are forgotten.

    Args:
        most: Turns of one key at once.
        full: Makes the error for one who has waited too long, or who cannot wait.
    """

    def __init__(self, most: int, full: Callable[[], Exception]) -> None:
        self._most = most
        self._full = full
        self._shares: dict[Hashable, _Share] = {}

    def __len__(self) -> int:
        """How many keys have or want a turn."""
        return len(self._shares)

    @asynccontextmanager
    async def turn(self, key: Hashable, *, seconds: float) -> AsyncIterator[None]:
        """Wait for a turn of this key, which ends with the block.

        Args:
            key: Whose turn.
            seconds: How long to wait at most; raises the error of `full` after that.
        """
        with self._kept(key) as share:
            if share.turns.locked():
                try:
                    async with asyncio.timeout(seconds):
                        await share.turns.acquire()
                except TimeoutError:
                    raise self._full() from None
            else:
                # At once, without a timer that would never end.
                await share.turns.acquire()
            try:
                yield
            finally:
                share.turns.release()

    @contextmanager
    def now(self, key: Hashable) -> Iterator[None]:
        """A turn of this key at once, which ends with the block; raises the error of `full`."""
        with self._kept(key) as share:
            if share.users > self._most:
                raise self._full()
            yield

    @contextmanager
    def _kept(self, key: Hashable) -> Iterator[_Share]:
        share = self._shares.setdefault(key, _Share(asyncio.Semaphore(self._most)))
        share.users += 1
        try:
            yield share
        finally:
            share.users -= 1
            if not share.users:
                del self._shares[key]
