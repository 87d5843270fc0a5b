"""The victim: a user who reads at a steady pace, and whose waits are the measure."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from crosstalk.hostile.wire import Wire


@dataclass(slots=True)
class Waits:
    """Waits of the victim.

    Attributes:
        seconds: From when each request was due until its answer.
        failures: Answers other than 200, and requests without one.
    """

    seconds: list[float] = field(default_factory=list)
    failures: int = 0

    def percentile(self, share: float) -> float:
        """Return the wait that this share of the waits does not exceed (nearest rank)."""
        ordered = sorted(self.seconds)
        rank = max(1, math.ceil(len(ordered) * share))
        return ordered[rank - 1] if ordered else math.nan


class Victim:
    """Sends harmless requests in turn, each on its own connection to its service.

    Args:
        requests: Port, and the bytes of a whole request.
        patience: Seconds to wait for an answer.
    """

    def __init__(self, requests: Sequence[tuple[int, bytes]], patience: float) -> None:
        self._requests = [(Wire(port), payload) for port, payload in requests]
        self._patience = patience

    async def watch(self, waits: Waits, per_second: float) -> None:
        """Send that many requests a second until cancelled, whatever the answers take."""
        began, number = time.monotonic(), 0
        while True:
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            wire, payload = self._requests[number % len(self._requests)]
            answer = await wire.send(payload, keeps=True, patience=self._patience)
            # A wait counts from when the request was due, or a stall would be seen once only.
            waits.seconds.append(time.monotonic() - due)
            waits.failures += answer.status != 200
            number += 1

    async def close(self) -> None:
        """Close the connections."""
        for wire, _ in self._requests:
            await wire.close()
