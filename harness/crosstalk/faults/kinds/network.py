"""Faults of the network between two services, of the model and of the issuer: by links."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from crosstalk.faults.kinds.base import Fault, FaultySystem
from crosstalk.faults.link import NONE, Disturbance

_BODY = b'{"keys": "none", "output": 7}'
# An answer of the right form with the wrong content.
WRONG = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    + f"Content-Length: {len(_BODY)}\r\n\r\n".encode()
    + _BODY
)


@dataclass(frozen=True, slots=True)
class Disturb(Fault):
    """A disturbance of a link for a while.

    Attributes:
        what: Its kind, for tables.
        disturbance: Treatment of the link's bytes.
    """

    kind: ClassVar[str] = "disturb"

    what: str = ""
    disturbance: Disturbance = NONE

    @property
    def name(self) -> str:
        """Its name in schedules and tables."""
        return f"{self.what} {self.target}"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Disturb the link, wait, and let it be."""
        link = system.links[self.target]
        try:
            system.loop.disturb(link, self.disturbance)
            time.sleep(seconds)
        finally:
            system.loop.disturb(link, NONE)


@dataclass(frozen=True, slots=True)
class Cut(Fault):
    """A reset of every connection of a link, several times in a while."""

    kind: ClassVar[str] = "connections cut"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Reset the connections now, and twice more."""
        for _ in range(3):
            system.loop.cut(system.links[self.target])
            time.sleep(seconds / 3)
