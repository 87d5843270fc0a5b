"""Counts what happens during load: progress, errors, latency, and texts in the wrong hands."""

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
class Subject:
    """A user of a run, with a text that nobody else's data contains.

    Attributes:
        user: The subject of their tokens.
        marker: The text, in a title of a task of theirs.
    """

    user: str
    marker: str

    @classmethod
    def create(cls) -> Subject:
        """A subject that no other run uses."""
        return cls(f"load-{secrets.token_hex(6)}", f"mk-{secrets.token_hex(8)}")

    def foreign(self, text: str) -> set[str]:
        """Markers of others in a text that this subject received."""
        return set(_MARKER.findall(text)) - {self.marker}


@dataclass(slots=True)
class Tally:
    """The counts of one phase.

    Attributes:
        watchdog: Sees whether there is progress.
        errors: Answers that were no answer, by what they were.
        foreign: Answers with another user's marker in them.
        own: Answers with the user's own marker: how often the check could have fired.
        latencies: Milliseconds of the requests that were answered well, by their kind.
        samples: The first few errors and foreign answers.
    """

    watchdog: Watchdog
    errors: Counter[str] = field(default_factory=Counter)
    foreign: int = 0
    own: int = 0
    latencies: dict[str, list[float]] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)

    @classmethod
    def create(cls, patience: float) -> Tally:
        """A tally whose watchdog waits so many seconds for progress."""
        return cls(Watchdog(patience, time.monotonic))

    def answered(self, kind: str, subject: Subject, text: str, ms: float) -> None:
        """A request was answered with this text after so many milliseconds."""
        self.watchdog.complete()
        self.latencies.setdefault(kind, []).append(ms)
        if subject.marker in text:
            self.own += 1
        found = subject.foreign(text)
        if found:
            self.foreign += 1
            self._sample(f"{subject.user} received {', '.join(sorted(found))}")

    def failed(self, kind: str, what: str) -> None:
        """A request came back without an answer."""
        self.watchdog.complete()
        self.errors[f"{kind}: {what[:80]}"] += 1
        self._sample(f"{kind}: {what[:300]}")

    def figures(self) -> dict[str, Any]:
        """Everything as plain data; who has no answer yet counts as unfinished."""
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
    """The value that so large a share of the values does not exceed (nearest rank)."""
    if not ordered:
        return None
    rank = max(1, -(-len(ordered) * share // 1))
    return round(ordered[int(rank) - 1], 1)
