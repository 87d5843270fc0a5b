"""Counts during load: progress, errors, latency, and texts of other users."""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crosstalk.deadlock.watchdog import Watchdog

_MARKER = re.compile(r"\bmk-[0-9a-f]{16}\b")
_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class MarkedSubject:
    """A user of a run, with a text that no other user's data contains.

    Attributes:
        user: The subject of the user's tokens.
        marker: The text, in the title of one of the user's tasks.
    """

    user: str
    marker: str

    @classmethod
    def create(cls) -> MarkedSubject:
        """Make a subject that no other run uses."""
        return cls(f"load-{secrets.token_hex(6)}", f"mk-{secrets.token_hex(8)}")

    def foreign(self, text: str) -> set[str]:
        """Return the markers of other users in a text that this subject received."""
        return set(_MARKER.findall(text)) - {self.marker}


@dataclass(slots=True)
class Counts:
    """Counts of one phase.

    Attributes:
        watchdog: Detects that there is no progress.
        errors: Failed answers by reason.
        foreign: Answers that contain another user's marker.
        own: Answers with the user's own marker: how often the check could have fired.
        latencies: Milliseconds of the successful requests, by kind.
        samples: The first few errors and foreign answers.
    """

    watchdog: Watchdog
    errors: Counter[str] = field(default_factory=Counter)
    foreign: int = 0
    own: int = 0
    latencies: dict[str, list[float]] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)

    @classmethod
    def create(cls, patience: float) -> Counts:
        """Make counts whose watchdog waits `patience` seconds for progress."""
        return cls(Watchdog(patience, time.monotonic))

    def answered(self, kind: str, subject: MarkedSubject, text: str, ms: float) -> None:
        """Count an answer with this text after `ms` milliseconds."""
        self.watchdog.complete()
        self.latencies.setdefault(kind, []).append(ms)
        if subject.marker in text:
            self.own += 1
        found = subject.foreign(text)
        if found:
            self.foreign += 1
            self._sample(f"{subject.user} received {', '.join(sorted(found))}")

    def failed(self, kind: str, reason: str) -> None:
        """Count a request that failed."""
        self.watchdog.complete()
        self.errors[f"{kind}: {reason[:80]}"] += 1
        self._sample(f"{kind}: {reason[:300]}")

    def figures(self) -> dict[str, Any]:
        """Return everything as plain data; a request without an answer counts as unfinished."""
        every = sorted(ms for each in self.latencies.values() for ms in each)
        return {
            "requests": self.watchdog.began,
            "completed": self.watchdog.completed,
            "unfinished": self.watchdog.in_flight,
            "errors": sum(self.errors.values()),
            "errors_by_kind": dict(self.errors.most_common(10)),
            "stalls": len(self.watchdog.stalls),
            "foreign": self.foreign,
            "own": self.own,
            "p50_ms": percentile(every, 0.5),
            "p95_ms": percentile(every, 0.95),
            "p99_ms": percentile(every, 0.99),
            "max_ms": percentile(every, 1.0),
            "latency_ms": {
                kind: {
                    "count": len(each),
                    "p50": percentile(sorted(each), 0.5),
                    "p95": percentile(sorted(each), 0.95),
                    "p99": percentile(sorted(each), 0.99),
                }
                for kind, each in sorted(self.latencies.items())
            },
            "samples": self.samples,
        }

    def _sample(self, text: str) -> None:
        if len(self.samples) < _SAMPLES:
            self.samples.append(text)


def percentile(ordered: list[float], share: float) -> float | None:
    """Return the value that this share of the values does not exceed (nearest rank)."""
    if not ordered:
        return None
    rank = max(1, -(-len(ordered) * share // 1))
    return round(ordered[int(rank) - 1], 1)
