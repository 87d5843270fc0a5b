"""The leak matrix: what each oracle can say of each operation.

A cell is clean only where the oracle could have fired. Where it had no opportunity the cell says
so, because that is no evidence of safety.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Finding
from crosstalk.oracles import ORACLES, POLICY_ORACLES


class State(StrEnum):
    """States of a cell."""

    CLEAN = "clean"
    LEAK = "leak"
    UNTRIED = "no opportunity"


@dataclass(frozen=True, slots=True)
class Cell:
    """One operation under one oracle.

    Attributes:
        operation: The operation.
        oracle: The oracle.
        opportunities: How often it could have fired.
        findings: What it found there.
    """

    operation: str
    oracle: str
    opportunities: int
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """Leak, clean, or nothing to go by."""
        if self.findings:
            return State.LEAK
        return State.CLEAN if self.opportunities else State.UNTRIED


def oracles_of(result: CampaignResult) -> list[str]:
    """The oracles' names: those that run by default first, then any others that are mentioned."""
    mentioned = [each.oracle for each in result.findings]
    for control in result.controls.values():
        mentioned += control.oracles
    under = (*ORACLES, *(POLICY_ORACLES if result.policy is not None else ()))
    judging = [each.name for each in under if each.name not in result.not_chosen]
    return list(dict.fromkeys([*judging, *sorted(mentioned)]))


def matrix(result: CampaignResult) -> dict[str, list[Cell]]:
    """Operation to its cells, in the order of `oracles_of`; operations by name."""
    names = {*result.controls, *(each.operation for each in result.findings)}
    return {
        operation: [
            Cell(
                operation,
                oracle,
                _opportunities(result, operation, oracle),
                tuple(
                    each
                    for each in result.findings
                    if (each.operation, each.oracle) == (operation, oracle)
                ),
            )
            for oracle in oracles_of(result)
        ]
        for operation in sorted(names)
    }


def _opportunities(result: CampaignResult, operation: str, oracle: str) -> int:
    control = result.controls.get(operation)
    return control.oracles.get(oracle, 0) if control else 0
