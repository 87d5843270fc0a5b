"""Judgement of a run by a baseline and waivers: which of its findings fail the command."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from crosstalk.core.acceptance.baseline import Baseline, KnownFinding
from crosstalk.core.acceptance.waivers import Waiver
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.core.verdict import Control, Finding, Inconclusive, verdict_of


class FindingState(StrEnum):
    """States of a finding; the first two fail the command."""

    NEW = "new"
    EXPIRED = "expired"  # its waiver's last day is over
    KNOWN = "known"  # the baseline has it
    WAIVED = "waived"

    @property
    def fails(self) -> bool:
        """Return whether a finding in this state fails the command."""
        return self in (FindingState.NEW, FindingState.EXPIRED)


@dataclass(frozen=True, slots=True)
class NotShown:
    """Finding that was accepted and did not show in this run.

    Attributes:
        fingerprint: Of the finding.
        operation: What caused it.
        oracle: What saw it.
        opportunities: How often its oracle could have seen it there now; with 0 it was not looked
            for, and nothing says that it is gone.
    """

    fingerprint: str
    operation: str
    oracle: str
    opportunities: int

    def __str__(self) -> str:
        name = f"{self.oracle} {self.operation}".strip() or self.fingerprint
        if not self.opportunities:
            return f"{name}: not looked for in this run"
        return f"{name}: not seen in {self.opportunities} opportunities"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Findings of a run that are accepted.

    Attributes:
        states: Fingerprint to the state of each finding of the run.
        waivers: Fingerprint to its waiver, expired or not.
        baseline: The baseline's file; None without one.
        not_shown: What the baseline has and the run did not show.
        stale: Expired waivers whose finding did not show.
        baselined: Fingerprints that the baseline has.
    """

    states: Mapping[str, FindingState] = field(default_factory=dict)
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    baseline: str | None = None
    not_shown: Sequence[NotShown] = ()
    stale: Sequence[Waiver] = ()
    baselined: Collection[str] = frozenset()

    def of(self, finding: Finding) -> FindingState:
        """Return the state of a finding."""
        return self.states.get(finding.fingerprint, FindingState.NEW)

    def why(self, finding: Finding) -> str:
        """Return why a finding does not fail the command, or that its waiver has expired."""
        state, waiver = self.of(finding), self.waivers.get(finding.fingerprint)
        if state is FindingState.KNOWN:
            return f"known: it is in {self.baseline}"
        if waiver is None:
            return ""
        if state is FindingState.WAIVED:
            return f"accepted until {waiver.until}: {waiver.reason}"
        return f"its waiver expired on {waiver.until}: fix it, or accept it again"

    def failing(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return the findings that fail the command."""
        return [each for each in findings if self.of(each).fails]

    def exit_code(
        self, findings: Sequence[Finding], inconclusive: Sequence[Inconclusive]
    ) -> ExitCode:
        """Return the exit code of a command whose run this is of.

        What is known acquits nothing else: without a new finding the command ends as a run without
        findings would, with 3 where something stayed inconclusive.
        """
        failing = self.failing(findings)
        return exit_code(
            verdict_of(failing, inconclusive),
            ExitCode.USAGE if self.stale else ExitCode.CLEAN,
            *(each.kind for each in inconclusive),
        )

    def to_json(self, code: ExitCode) -> dict[str, Any]:
        """Return plain data; the keys stay."""
        by_state = {
            state.value: sorted(name for name, each in self.states.items() if each is state)
            for state in FindingState
        }
        return {
            "baseline": self.baseline,
            "exit_code": int(code),
            **by_state,
            "not_shown": [
                {
                    "fingerprint": each.fingerprint,
                    "operation": each.operation,
                    "oracle": each.oracle,
                    "opportunities": each.opportunities,
                }
                for each in self.not_shown
            ],
            "stale_waivers": [each.fingerprint for each in self.stale],
        }


def judged(
    findings: Sequence[Finding],
    controls: Mapping[str, Control],
    *,
    baseline: Baseline | None,
    waivers: Sequence[Waiver],
    today: date,
) -> Acceptance:
    """Return what of a run's findings is accepted.

    A waiver is asked before the baseline: once a finding was given a date, it holds.

    Args:
        findings: Of the run.
        controls: Of the run: what it looked for.
        baseline: What is known.
        waivers: What is accepted for a while.
        today: The day on which waivers are judged.
    """
    by_name = {each.fingerprint: each for each in waivers}
    known = baseline.findings if baseline is not None else {}
    states: dict[str, FindingState] = {}
    for name in (each.fingerprint for each in findings):
        waiver = by_name.get(name)
        if waiver is not None:
            states[name] = FindingState.EXPIRED if waiver.expired(today) else FindingState.WAIVED
        else:
            states[name] = FindingState.KNOWN if name in known else FindingState.NEW
    return Acceptance(
        states,
        by_name,
        baseline.name if baseline is not None else None,
        [
            NotShown(name, each.operation, each.oracle, _opportunities(controls, each))
            for name, each in known.items()
            if name not in states
        ],
        [each for each in waivers if each.expired(today) and each.fingerprint not in states],
        frozenset(known),
    )


def _opportunities(controls: Mapping[str, Control], known: KnownFinding) -> int:
    control = controls.get(known.operation)
    return control.oracles.get(known.oracle, 0) if control is not None else 0
