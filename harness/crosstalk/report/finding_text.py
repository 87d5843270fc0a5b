"""Texts of a finding that every report shows: how it is known, and how to see it by hand."""

from __future__ import annotations

from crosstalk.core.defects.weaknesses import weakness_of
from crosstalk.core.verdict import Finding

MARKS = "`>>>` and `<<<` stand around what belongs to another user"


def known_as(finding: Finding) -> str:
    """Return severity, numbers in public lists, and how often it replayed, in a line."""
    weakness = weakness_of(finding.oracle)
    shown, replays = finding.replayed
    times = [f"shown in {shown} of {replays} replays"] if replays else []
    owasp = [f"OWASP {each}" for each in weakness.owasp]
    long = [] if finding.minimal else ["not minimal: shrinking had used its share of the run"]
    return ", ".join([weakness.severity, *weakness.cwe, *owasp, *times, *long])


def how_to_see(finding: Finding) -> list[tuple[str, list[str]]]:
    """Return what follows the script, as headings with their lines; none is empty."""
    parts = [
        ("as it was seen", [line for each in finding.evidence for line in each.lines()]),
        ("in the code", [finding.advice]),
        ("known as", [known_as(finding)]),
        ("fingerprint", [finding.fingerprint]),
        ("by hand", list(finding.commands)),
        ("replay", [f"crosstalk replay {finding.replay}"] if finding.replay else []),
    ]
    return [(heading, lines) for heading, lines in parts if lines]
