"""Weaknesses that oracles find, in the numbers of the Common Weakness Enumeration (MITRE)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# The most severe first.
SEVERITIES = ("high", "medium")


@dataclass(frozen=True, slots=True)
class Weakness:
    """Class of a finding: how severe it is, and under which CWE it is known."""

    severity: Literal["high", "medium"]
    cwe: tuple[str, ...]


_BY_ORACLE = {
    "canary": Weakness("high", ("CWE-639", "CWE-200")),
    "ownership": Weakness("high", ("CWE-639",)),
    "existence": Weakness("medium", ("CWE-204",)),
    "identity": Weakness("high", ("CWE-287", "CWE-306")),
    "two-worlds": Weakness("medium", ("CWE-203",)),
    "concurrency": Weakness("high", ("CWE-362", "CWE-488")),
    "layer": Weakness("high", ("CWE-653",)),
}


def weakness_of(oracle: str) -> Weakness:
    """Return the weakness that an oracle's findings are; improper access control by default."""
    return _BY_ORACLE.get(oracle, Weakness("high", ("CWE-284",)))
