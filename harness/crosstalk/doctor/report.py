"""The report of a diagnosis: one result a check, and for each failure the change that mends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """The status of a check; `skip` means that there was nothing to check with."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check of one address.

    Attributes:
        target: The address.
        check: The check's name.
        status: Its status.
        found: The observation, in one sentence.
        change: The change that mends it; empty where none is needed.
    """

    target: str
    check: str
    status: Status
    found: str
    change: str = ""


@dataclass(slots=True)
class Report:
    """Check results in the order in which they were added."""

    results: list[CheckResult] = field(default_factory=list)

    def ok(self, target: str, check: str, found: str) -> None:
        """Add a check that passed."""
        self.results.append(CheckResult(target, check, Status.OK, found))

    def skip(self, target: str, check: str, found: str) -> None:
        """Add a check that could not be made; `found` says what is missing."""
        self.results.append(CheckResult(target, check, Status.SKIP, found))

    def warn(self, target: str, check: str, found: str, change: str) -> None:
        """Add a check that found something to improve."""
        self.results.append(CheckResult(target, check, Status.WARN, found, change))

    def fail(self, target: str, check: str, found: str, change: str) -> None:
        """Add a check that failed."""
        self.results.append(CheckResult(target, check, Status.FAIL, found, change))

    @property
    def verdict(self) -> Status:
        """The worst status."""
        present = {each.status for each in self.results}
        return next((each for each in (Status.FAIL, Status.WARN) if each in present), Status.OK)

    def summary(self, *, requests: int) -> dict[str, Any]:
        """Convert the report to plain data; `requests` is the number of requests sent."""
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
                for each in self.results
            ],
        }
