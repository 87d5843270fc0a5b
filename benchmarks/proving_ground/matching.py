"""Matching of findings to planted leaks: by the operation, then by the oracle."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.proving_ground.manifest import Meant, Planted


@dataclass(frozen=True, slots=True)
class Finding:
    """A report of a tool.

    Attributes:
        operation: As manifests write operations: `GET /notes/{id}`, `tool get_note`, and of GraphQL
            `query note`, or `POST /graphql note` where a tool writes so.
        oracle: What it shows by, in the tool's word.
        summary: A sentence.
        calls: Calls made until it was reported; None where the tool does not say.
        shown_at: Another operation that it names: the reading that showed it.
    """

    operation: str
    oracle: str
    summary: str = ""
    calls: int | None = None
    shown_at: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Outcome of one planted leak.

    Attributes:
        planted: The leak.
        how: `exact` at its operation by its oracle, `operation` at its operation by another oracle,
            `shown` where the finding names another operation beside, which showed it there,
            `alone` elsewhere while no other leak was on, None where it was not found.
        by: The oracles that found it.
    """

    planted: Planted
    how: str | None
    by: tuple[str, ...] = ()


def match_findings(planted: Sequence[Planted], findings: Sequence[Finding]) -> list[Match]:
    """Return each planted leak with the findings at its operation.

    Two leaks of one operation by two oracles need a finding by each of the two; the oracle decides
    which one a finding is, and only what is left over stands for the other. A finding at whose
    operation nothing is planted may be a leak of the operation that showed it; so may one beside
    which each leak of its operation has a finding by its own oracle.
    """
    matches = []
    elsewhere = [each for each in findings if _stands_for_none(each, planted, findings)]
    for leak in planted:
        here = [each for each in findings if is_same(each.operation, leak.operation)]
        others = [
            each for each in planted if each is not leak and is_same(each.operation, leak.operation)
        ]
        by = tuple(sorted({each.oracle for each in here}))
        if leak.oracle in by:
            matches.append(Match(leak, "exact", by))
            continue
        taken = {each.oracle for each in others}
        left = tuple(each for each in by if each not in taken)
        shown = [
            each for each in elsewhere if each.shown_at and is_same(each.shown_at, leak.operation)
        ]
        if left or not shown:
            matches.append(Match(leak, "operation" if left else None, left))
        else:
            matches.append(Match(leak, "shown", tuple(sorted({each.oracle for each in shown}))))
    return matches


def _stands_for_none(
    finding: Finding, planted: Sequence[Planted], findings: Sequence[Finding]
) -> bool:
    """Return whether each leak of a finding's operation, if any, has another finding."""
    here = [each for each in planted if is_same(finding.operation, each.operation)]
    by = {each.oracle for each in findings if is_same(each.operation, finding.operation)}
    return all(each.oracle in by and each.oracle != finding.oracle for each in here)


def is_meant(finding: Finding, meant: Sequence[Meant]) -> bool:
    """Return whether a server's manifest says that this is shown on purpose.

    Args:
        finding: Of a campaign on the server.
        meant: What the manifest says.
    """
    return any(
        finding.oracle in each.oracles and is_same(finding.operation, each.operation)
        for each in meant
    )


def is_same(one: str, other: str) -> bool:
    """Return whether two operations are one.

    Names of path parameters do not count; a bare name is that of a tool or of a prompt.
    """
    if " " not in one or " " not in other:
        one, other = (re.sub(r"^(?:tool|prompt) ", "", each.strip()) for each in (one, other))
    return _normal(one) == _normal(other)


def _normal(operation: str) -> str:
    operation = re.sub(r"^prompts/get ", "prompt ", operation.strip())
    operation = re.sub(r"^resources/read ", "resource ", operation)
    if " " not in operation:
        operation = f"{'resource' if '://' in operation else 'tool'} {operation}"
    method, _, path = operation.partition(" ")
    field = re.fullmatch(r"(?:query|mutation|POST \S+) (\w+)", operation)
    if field:
        return f"GraphQL {field[1]}"
    path = re.sub(r"\{[^}]*\}", "{}", path.split("?", 1)[0])
    return f"{method} {path.rstrip('/') or '/'}"
