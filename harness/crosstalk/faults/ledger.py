"""A ledger of acknowledged writes, compared with what is stored: lost, duplicated, foreign, stale.

A write is a title that no other write has, or a new value of a stored task. Each task has one
writer, so that its values are those of a register with a single writer (Lamport 1986, "On
interprocess communication"): a read returns the last value acknowledged before it began, or one
whose writing was under way or never answered.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class WriteLedger:
    """Acknowledged writes by user.

    Attributes:
        titles: Subject to the titles of tasks whose storage was acknowledged.
        repeated: Number of requests that were sent again.
        unanswered: Number of requests that were given up.
    """

    titles: dict[str, list[str]] = field(default_factory=dict)
    repeated: int = 0
    unanswered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def acknowledged(self) -> int:
        """Number of acknowledged writes of all users."""
        return sum(map(len, self.titles.values()))

    def acknowledge(self, user: str, title: str) -> None:
        """Note that a write was acknowledged."""
        with self._lock:
            self.titles.setdefault(user, []).append(title)

    def note_repeat(self) -> None:
        """Note that a request is sent again."""
        with self._lock:
            self.repeated += 1

    def note_unanswered(self) -> None:
        """Note that a request was given up."""
        with self._lock:
            self.unanswered += 1

    def compare(self, user: str, stored: Iterable[str]) -> dict[str, int]:
        """Count a user's acknowledged writes that are missing, and titles that are stored twice."""
        counts = Counter(stored)
        return {
            "lost": sum(counts[each] == 0 for each in self.titles.get(user, ())),
            "duplicated": sum(count > 1 for count in counts.values()),
        }


@dataclass(slots=True)
class Register:
    """Values of one task with a single writer, in the order in which they were written.

    Attributes:
        values: Every value that was sent.
        settled: Position of the last acknowledged value; -1 before the first.
        open: Positions of values before it that were never answered, and may still be stored late.
    """

    values: list[str] = field(default_factory=list)
    settled: int = -1
    open: set[int] = field(default_factory=set)

    def write(self, value: str) -> int:
        """Note that a value is sent; return its position."""
        self.values.append(value)
        return len(self.values) - 1

    def acknowledge(self, position: int) -> None:
        """Note that the value at a position was acknowledged."""
        self.open.update(range(self.settled + 1, position))
        self.settled = max(self.settled, position)

    def allowed(self) -> set[str]:
        """Return the values that a read may return that begins now."""
        recent = self.values[max(self.settled, 0) :]
        return {*recent, *(self.values[each] for each in self.open)}
