"""A watch on `/ready`: a service may be unready only while a fault touches it or what it needs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Mapping

import httpx2

from crosstalk.faults.workload import Findings

_LOOK_SECONDS = 0.2
# An answer may be half a second old, and the backend's rests on one of the MCP server's: what was
# ready in the middle of a fault, or is not yet known to be unready, shows within twice that.
STEADY_SECONDS = 1.5
# Longer than a busy machine makes a ready service take.
_PATIENCE_SECONDS = 10.0


class ReadinessWatch:
    """Asks services whether they are ready, past every link, while the block runs.

    Args:
        urls: Service name to the URL of its `/ready`.
        findings: Receives what was not ready and should have been.

    Attributes:
        asked: Number of answers.
    """

    def __init__(self, urls: Mapping[str, str], findings: Findings) -> None:
        self._urls = urls
        self._findings = findings
        self._watching: list[asyncio.Task[None]] = []
        self._excused: frozenset[str] = frozenset()
        self._noted_at, self._last, self._fault = time.monotonic(), "the round began", ""
        # Faults that have touched each service so far.
        self._touched: Counter[str] = Counter()
        self.asked = 0

    async def __aenter__(self) -> ReadinessWatch:
        """Begin to ask."""
        self._watching = [
            asyncio.create_task(self._watch(service, url)) for service, url in self._urls.items()
        ]
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop asking."""
        for each in self._watching:
            each.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    def excuse(self, services: frozenset[str], fault: str) -> None:
        """Note which services a fault touches from now on."""
        self._excused, self._fault = services, fault
        self._note("began")
        self._touched.update(services)

    def judge(self) -> None:
        """Note that the fault is over, and that the system has recovered from it."""
        self._excused = frozenset()
        self._note("was recovered from")

    def _note(self, what: str) -> None:
        """Note what was last said of the fault, and when, for findings to come."""
        self._noted_at, self._last = time.monotonic(), f"{self._fault} {what}"

    async def are_ready(self, seconds: float = 0.0) -> bool:
        """Return whether every service is ready now.

        Args:
            seconds: For which they must stay so; the answer comes at the first that is not.
        """
        until = time.monotonic() + seconds
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
            while True:
                answers = [await _status(http, url) for url in self._urls.values()]
                if any(each != 200 for each in answers):
                    return False
                if time.monotonic() >= until:
                    return True
                await asyncio.sleep(_LOOK_SECONDS)

    async def _watch(self, service: str, url: str) -> None:
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
            while True:
                excused, touched = service in self._excused, self._touched[service]
                status = await _status(http, url)
                self.asked += 1
                # A fault may have begun, and be over, while the answer was under way.
                if status != 200 and not excused and self._touched[service] == touched:
                    ago = time.monotonic() - self._noted_at
                    said = f"{service}: {status or 'no answer'}, {ago:.1f} s after {self._last}"
                    self._findings.add("not ready", said)
                await asyncio.sleep(_LOOK_SECONDS)


async def _status(http: httpx2.AsyncClient, url: str) -> int:
    """Return the status of an answer, 0 for none."""
    with contextlib.suppress(httpx2.TransportError):
        return (await http.get(url)).status_code
    return 0
