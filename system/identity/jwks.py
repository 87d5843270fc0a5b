"""An issuer's public keys: fetched asynchronously, cached with an age, refreshed with restraint.

- A key counts until `max_age` seconds after it was last seen in the issuer's JWKS: rotation needs
  no restart, old keys are honoured until their age ends, a withdrawn key is then forgotten.
- Half-way through that age a request starts a refresh and does not wait for it, so that a slow
  issuer delays no request whose key is known.
- An unknown `kid` waits for one refresh that began after it arrived, shared by all requests that
  wait. Refreshes are at least `min_interval` seconds apart: a stream of forged ids cannot make us
  hammer the issuer. That an id was absent is not remembered, because any client could then have the
  next key refused before it exists, by sending its id.
- While the issuer is down, known keys stay in use until their age ends. Of an id that is not known
  nothing can be said then, so the answer is `Unavailable` and not a refusal. It too waits for a
  fetch of its own: where services start together, the first one often comes too early.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2

from system.errors import Unavailable
from system.identity.documents import FETCH_ERRORS, fetch_json
from system.identity.keys import PublishedKey, read_jwks

_log = logging.getLogger(__name__)

_MAX_DOCUMENT_BYTES = 512 * 1024
# A request that waits costs a few tens of kilobytes.
_MAX_WAITING = 4_096


@dataclass(slots=True)
class _Known:
    key: PublishedKey
    seen_at: float


class KeySet:
    """The keys of one issuer.

    Args:
        url: Where the JWKS is (RFC 7517 section 5).
        http: Client that fetches it.
        max_age: Seconds for which a key counts after it was last seen.
        min_interval: Seconds between two fetches, at least.
        clock: Monotonic seconds.
        sleep: Waits for a number of seconds of that clock.

    Attributes:
        fetches: How often the JWKS was asked for.
    """

    def __init__(
        self,
        url: str,
        http: httpx2.AsyncClient,
        *,
        max_age: float,
        min_interval: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = url
        self._http = http
        self._max_age = max_age
        self._min_interval = min_interval
        self._clock = clock
        self._sleep = sleep
        self._known: dict[str, _Known] = {}
        self._refreshing: asyncio.Task[None] | None = None
        self._tried_at: float | None = None
        self._read_at: float | None = None
        self._answered = False
        self._waiting = 0
        self.fetches = 0

    async def find(self, kid: str) -> PublishedKey | None:
        """The key of that id, or None when the issuer publishes no such key.

        Raises:
            Unavailable: The key is not known and the issuer does not answer, or too many wait.
        """
        key = self.current(kid)
        if key is not None:
            return key
        if self._waiting >= _MAX_WAITING:
            raise self._unavailable()
        arrived = self.fetches
        self._waiting += 1
        try:
            # A fetch already on its way may have left before the key was published.
            while self.fetches == arrived:
                await self.refresh()
                key = self.current(kid)
                if key is not None:
                    return key
        finally:
            self._waiting -= 1
        if not self._answered:
            raise self._unavailable()
        return None

    def current(self, kid: str) -> PublishedKey | None:
        """The key of that id if it is known and of age; starts a refresh when that is due."""
        now = self._clock()
        due = self._read_at is not None and self.ageing
        if due and not self._in_flight() and self._allowed():
            self._refresh_task()
        known = self._known.get(kid)
        if known is None or now - known.seen_at > self._max_age:
            return None
        return known.key

    @property
    def known(self) -> bool:
        """True while any key is known and young enough."""
        now = self._clock()
        return any(now - each.seen_at <= self._max_age for each in self._known.values())

    @property
    def ageing(self) -> bool:
        """True if keys were never read, or longer ago than half of their age."""
        return self._read_at is None or self._clock() - self._read_at > self._max_age / 2

    async def refresh(self) -> None:
        """Wait for a refresh: the one under way, or a new one as soon as the interval allows."""
        # The task is shared: a waiter that is cancelled must not cancel it for other waiters.
        await asyncio.shield(self._refresh_task())

    async def aclose(self) -> None:
        """End a refresh that is under way."""
        task = self._refreshing
        if task is not None and not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _unavailable(self) -> Unavailable:
        wait = math.ceil(self._min_interval) or 1
        return Unavailable("sign-in keys cannot be fetched", retry_after=wait)

    def _allowed(self) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= self._min_interval

    def _in_flight(self) -> bool:
        return self._refreshing is not None and not self._refreshing.done()

    def _refresh_task(self) -> asyncio.Task[None]:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh(), name="jwks refresh")
        return self._refreshing

    async def _refresh(self) -> None:
        while not self._allowed():
            assert self._tried_at is not None
            await self._sleep(max(0.001, self._min_interval - (self._clock() - self._tried_at)))
        self._tried_at = self._clock()
        self.fetches += 1
        try:
            document = await fetch_json(
                self._http,
                self._url,
                most_bytes=_MAX_DOCUMENT_BYTES,
                accept="application/jwk-set+json, application/json",
            )
            keys, left_out = read_jwks(document)
        except FETCH_ERRORS as error:
            self._answered = False
            _log.warning("keys not refreshed from %s: %s", self._url, type(error).__name__)
            return
        self._answered = True
        if left_out:
            _log.warning("%s publishes keys that are not used: %s", self._url, "; ".join(left_out))
        self._take(keys)

    def _take(self, keys: dict[str, PublishedKey]) -> None:
        # A key's age counts from when it was asked for, not from when the answer came.
        now = self._read_at = self._tried_at or self._clock()
        self._known = {
            kid: each for kid, each in self._known.items() if now - each.seen_at <= self._max_age
        }
        for kid, key in keys.items():
            before = self._known.get(kid)
            # The same object as long as the key is the same: remembered tokens compare by it.
            same = before is not None and before.key.entry == key.entry
            self._known[kid] = _Known(before.key if before and same else key, now)
