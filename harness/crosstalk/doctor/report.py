"""What the checks found: one entry a check, with what to change for each failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a check went; `skip` says that there was nothing to check with."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Entry:
    """One check of one address.

    Attributes:
        target: The address.
        check: The check's name.
        status: How it went.
        found: What was seen, in one sentence.
        change: What to change; empty unless something should be.
    """

    target: str
    check: str
    status: Status
    found: str
    change: str = ""


@dataclass(slots=True)
class Sheet:
    """Entries in the order in which they were made."""

    entries: list[Entry] = field(default_factory=list)

    def ok(self, target: str, check: str, found: str) -> None:
        """The check passed."""
        self.entries.append(Entry(target, check, Status.OK, found))

    def skip(self, target: str, check: str, found: str) -> None:
        """There was nothing to check with; `found` says what is missing."""
        self.entries.append(Entry(target, check, Status.SKIP, found))

    def warn(self, target: str, check: str, found: str, change: str) -> None:
        """Something should be better."""
        self.entries.append(Entry(target, check, Status.WARN, found, change))

    def fail(self, target: str, check: str, found: str, change: str) -> None:
        """Something is wrong."""
        self.entries.append(Entry(target, check, Status.FAIL, found, change))

    @property
    def verdict(self) -> Status:
        """The worst status."""
        present = {each.status for each in self.entries}
        return next((each for each in (Status.FAIL, Status.WARN) if each in present), Status.OK)

    def summary(self, *, requests: int) -> dict[str, Any]:
        """The sheet as plain data; `requests` is how many were sent."""
        return {
            "verdict": str(self.verdict),
            "requests": requests,
            "checks": [
                {
                    "target": each.target,
                    "check": each.check,
                    "status": str(each.status),
                    "found": each.found,
                    "change": each.change,
                }
                for each in self.entries
            ],
        }
