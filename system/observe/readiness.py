"""Readiness: whether requests can be served now.

Balancers ask every few seconds, and any client may ask at any rate. So an answer is reused for a
moment and one round of checks serves all requests that wait for it: frequent requests do not cost
the database more. A check that takes too long has failed. The answer names each dependency with one
word, and contains no address, version or error.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.responses import JSONResponse

_log = logging.getLogger(__name__)

# Answers False, or raises, when the dependency cannot be used.
Check = Callable[[], Awaitable[bool | None]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Answer of `/ready`.

    Attributes:
        status: `ok`; `degraded` when all that is needed is there, and something else is not;
            `unavailable`.
        checks: Dependency to `ok` or `unavailable`.
    """

    status: Literal["ok", "degraded", "unavailable"]
    checks: Mapping[str, str]

    def response(self) -> JSONResponse:
        """200 when requests can be served, 503 otherwise."""
        body = {"status": self.status, "checks": dict(self.checks)}
        return JSONResponse(body, 503 if self.status == "unavailable" else 200)


class ReadinessChecks:
    """Asks the dependencies.

    Args:
        checks: The dependencies by name.
        spared: Names of those that may be away: they start later than this service, or it can do
            without them.
        seconds: How long one check may take.
        reuse_seconds: How long an answer is good for.
        clock: Seconds that never step back.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        spared: Collection[str] = (),
        seconds: float = 3.0,
        reuse_seconds: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = dict(checks)
        self._spared = frozenset(spared)
        self._seconds = seconds
        self._reuse_seconds = reuse_seconds
        self._clock = clock
        self._last: Readiness | None = None
        self._asked_at = 0.0
        self._asking: asyncio.Task[Readiness] | None = None

    async def ask(self) -> Readiness:
        """The dependencies' states, not older than `reuse_seconds`."""
        if self._last is not None and self._clock() - self._asked_at < self._reuse_seconds:
            return self._last
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="readiness")
        # Shared: a waiter that is cancelled must not cancel it for other waiters.
        return await asyncio.shield(self._asking)

    async def aclose(self) -> None:
        """End checks that are under way."""
        if self._asking is not None and not self._asking.done():
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ask(self) -> Readiness:
        answers = await asyncio.gather(
            *(self._check(name, ask) for name, ask in self._checks.items())
        )
        states = dict(zip(self._checks, answers, strict=True))
        away = {name for name, state in states.items() if state != "ok"}
        if away - self._spared:
            now = Readiness("unavailable", states)
        else:
            now = Readiness("degraded" if away else "ok", states)
        if self._last != now:
            _log.info("readiness", extra={"ready": now.status, "checks": states})
        self._last, self._asked_at = now, self._clock()
        return now

    async def _check(self, name: str, ask: Check) -> str:
        try:
            async with asyncio.timeout(self._seconds):
                return "unavailable" if await ask() is False else "ok"
        except Exception as error:
            _log.warning(
                "dependency not ready", extra={"dependency": name, "error": type(error).__name__}
            )
            return "unavailable"
