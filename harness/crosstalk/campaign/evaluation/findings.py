"""Record of a campaign's confirmed findings, and of what it cannot say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from crosstalk.campaign.events import Emit, FindingFound
from crosstalk.core.paths import from_here
from crosstalk.core.verdict import Finding, Inconclusive, InconclusiveKind
from crosstalk.execution.replay import save
from crosstalk.execution.stopping import OutOfTimeError, RunStopped


@dataclass(slots=True)
class FindingsRecord:
    """Findings of one campaign in the order in which they were confirmed.

    Attributes:
        emit: Receives an event for each finding.
        most: Number of findings that is enough.
        folder: Where replay files go; nothing is written without it.
        about: What a replay file says about its target.
        by_hand: Returns a finding with its calls as commands; it makes them once more.
        naming: Returns what the users' names have in common now (`core.neighbours`).
        findings: Confirmed, one an oracle and operation.
        inconclusive: What was seen, or cut short, and cannot be explained.
        calls_to_finding: Calls made when the first finding was first suspected.
    """

    emit: Emit
    most: int
    folder: Path | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    by_hand: Callable[[Finding], Finding] = lambda finding: finding
    naming: Callable[[], str] = str
    findings: list[Finding] = field(default_factory=list)
    inconclusive: list[Inconclusive] = field(default_factory=list)
    calls_to_finding: int | None = None

    def enough(self) -> bool:
        """Return whether enough was found for the run to stop."""
        return len(self.findings) >= self.most

    def has(self, oracle: str, operation: str) -> bool:
        """Return whether a finding of this oracle and operation is confirmed already."""
        return any((each.oracle, each.operation) == (oracle, operation) for each in self.findings)

    def places(self) -> set[tuple[str, str]]:
        """Return oracle and operation of each finding."""
        return {(each.oracle, each.operation) for each in self.findings}

    def add(self, finding: Finding, calls: int) -> None:
        """Save a confirmed finding and emit it; `calls` is when it was first suspected."""
        finding = replace(finding, naming=self.naming())
        if self.folder is not None:
            name = f"{len(self.findings) + 1}-{finding.oracle.replace(' ', '-')}.json"
            path = self.folder / "replays" / name
            save(finding, path, dict(self.about))
            finding = replace(finding, replay=from_here(path))
        try:
            # A target that has gone away meanwhile shows that with its next call; and where the
            # time is over, a finding without its commands is one all the same.
            with contextlib.suppress(RunStopped, OutOfTimeError):
                finding = self.by_hand(finding)
        finally:
            # An interruption comes at any time, and what was found is kept.
            self._keep(finding, calls)

    def _keep(self, finding: Finding, calls: int) -> None:
        self.findings.append(finding)
        if self.calls_to_finding is None:
            self.calls_to_finding = calls
        self.emit(FindingFound(finding))

    def leave_open(self, kind: InconclusiveKind, where: str, why: str) -> None:
        """Note something that the campaign cannot say."""
        self.inconclusive.append(Inconclusive(kind, where, why))
