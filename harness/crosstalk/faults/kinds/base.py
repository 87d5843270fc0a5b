"""Base of the faults: each begins, lasts for a while, and is lifted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from crosstalk.core.errors import HarnessError
from crosstalk.environment import RunningSystem
from crosstalk.faults.link import Link, LinkLoop


class BrokenPromise(HarnessError):
    """The system did otherwise under a fault than it promises."""


@dataclass(frozen=True, slots=True)
class FaultySystem:
    """A running system that faults can be injected into.

    Attributes:
        running: The system, whose services reach each other through links.
        links: Name to link: a service that others call, or `client-backend` and `client-mcp`.
        loop: Runs the links.
    """

    running: RunningSystem
    links: Mapping[str, Link]
    loop: LinkLoop


@dataclass(frozen=True, slots=True)
class Fault(ABC):
    """A kind of fault at one target.

    Attributes:
        target: The service or link that it is injected into.
        shortest: Seconds that it lasts at least.
        longest: Seconds that it lasts at most.
        unready: Services that may report meanwhile that they are not ready.
    """

    kind: ClassVar[str]

    target: str
    shortest: float = 0.0
    longest: float = 0.0
    unready: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its name in schedules and tables."""
        return f"{self.kind} {self.target}"

    def missing(self) -> str | None:
        """Return why it cannot be injected on this machine; None where it can."""
        return None

    @abstractmethod
    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Begin it, let it last for some seconds, and lift it. Blocks meanwhile.

        Raises:
            EnvironmentFailed: What it stopped does not start again.
            BrokenPromise: It saw the system do what it should not; that is a finding.
        """
