"""A watch on `/ready`: a service may be unready only while a fault touches it or what it needs."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping

import httpx2

from crosstalk.faults.workload import Findings

_LOOK_SECONDS = 0.2
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

    def excuse(self, services: frozenset[str]) -> None:
        """Note which services a fault touches from now on; none of them when it is over."""
        self._excused = services
        self._touched.update(services)

    async def are_ready(self) -> bool:
        """Return whether every service is ready now."""
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
            answers = [await _status(http, url) for url in self._urls.values()]
        return all(each == 200 for each in answers)

    async def _watch(self, service: str, url: str) -> None:
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
            while True:
                excused, touched = service in self._excused, self._touched[service]
                status = await _status(http, url)
                self.asked += 1
                # A fault may have begun, and be over, while the answer was under way.
                if status != 200 and not excused and self._touched[service] == touched:
                    self._findings.add("not ready", f"{service}: {status or 'no answer'}")
                await asyncio.sleep(_LOOK_SECONDS)


async def _status(http: httpx2.AsyncClient, url: str) -> int:
    """Return the status of an answer, 0 for none."""
    with contextlib.suppress(httpx2.TransportError):
        return (await http.get(url)).status_code
    return 0
