"""Outcome of a campaign against one planted leak."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MutantOutcome:
    """Outcome of one mutant.

    Attributes:
        id: The mutant.
        kind: Its class.
        alive: It applied, started and passed the smoke test, so that its death means something.
        killed_by: The oracle that found it, None for a survivor.
        expected_oracle: The oracle that the catalog expects.
        calls: Calls until it was found, or until the budget was used.
        seconds: Seconds of the campaign.
        note: Why it was not alive, or what was inconclusive.
        script: Lines of the shrunk script.
        seed: Of the campaign.
    """

    id: str
    kind: str
    alive: bool
    killed_by: str | None
    expected_oracle: str
    calls: int
    seconds: float
    note: str = ""
    script: tuple[str, ...] = ()
    seed: int = 0
