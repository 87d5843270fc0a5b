"""Defects: findings put together by their cause, one defect for each thing to fix.

One fault shows in several ways: whoever reads another user's note by its id can also tell it from a
missing one, and a second user sees the same. The grouping follows the cause:

1. Findings that one operation causes are one defect, whichever oracles and users show them.
2. A rule that is broken before any operation is reached is one defect of the protocol, with all its
   operations: an identity that nothing proves, and one kind of forged credential. So is a missing
   credential, a claimed identity, a message to other clients and a shared cache, where at least
   three operations and more than half of those that were called break the rule.
3. What follows from other faults as well (ids told apart, an answer that depends on what others do
   or on requests under way, a layer that lets something through) belongs to the defect of the same
   operation where there is one.
4. What shows only after its caller has named another user's object to an operation, or has given
   themselves a right there, belongs to the defect of that operation where there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.defects.weaknesses import SEVERITIES, weakness_of
from crosstalk.core.verdict import Finding, fingerprint_of, surface_of

# Broken before any operation is reached.
_OF_THE_PROTOCOL = frozenset({BrokenRule.UNPROVEN, BrokenRule.FORGERY})
# Broken in one place where many operations break it, and in each of them where few do.
_PERHAPS_OF_THE_PROTOCOL = frozenset(
    {
        BrokenRule.CREDENTIAL,
        BrokenRule.CLAIM,
        BrokenRule.MESSAGE,
        BrokenRule.CACHE,
        BrokenRule.CONCURRENCY,
    }
)
_FEWEST = 3
_FOLLOWING = frozenset(
    {
        BrokenRule.EXISTENCE,
        BrokenRule.ACTIVITY,
        BrokenRule.CONCURRENCY,
        BrokenRule.LAYER,
    }
)


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing to fix.

    Attributes:
        key: What the grouping knows it by.
        findings: Those that show it, in the order in which they were found.
    """

    key: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def rule(self) -> BrokenRule | None:
        """Return the rule that is broken, as its first finding says."""
        return self.findings[0].rule

    @property
    def remedy(self) -> str:
        """Return what would fix it, in a few words."""
        return self.rule.remedy if self.rule is not None else "keep users apart"

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the operations that show it."""
        named = ((each.operations or (each.operation,)) for each in self.findings)
        return tuple(dict.fromkeys(name for names in named for name in names))

    @property
    def users(self) -> tuple[str, ...]:
        """Return the users and impostors who take part in what shows it.

        Concurrent clients, of which there are many, are named where nothing else shows it.
        """
        few = [each for each in self.findings if each.rule is not BrokenRule.CONCURRENCY]
        return tuple(dict.fromkeys(name for each in few or self.findings for name in each.actors))

    @property
    def oracles(self) -> tuple[str, ...]:
        """Return the oracles that show it."""
        return tuple(dict.fromkeys(each.oracle for each in self.findings))

    @property
    def severity(self) -> str:
        """Return the severity of its most severe finding."""
        found = {weakness_of(each.oracle).severity for each in self.findings}
        return next(each for each in SEVERITIES if each in found)

    @property
    def cwe(self) -> tuple[str, ...]:
        """Return the weaknesses that its findings are, by their CWE numbers."""
        found = (weakness_of(each.oracle).cwe for each in self.findings)
        return tuple(dict.fromkeys(number for numbers in found for number in numbers))

    @property
    def fingerprint(self) -> str:
        """Return what names it: equal across seeds, ids and machines."""
        return fingerprint_of("defect", *self.key)


def defects_of(findings: Sequence[Finding], called: Collection[str]) -> list[Defect]:
    """Group findings by their cause, in the order in which they were found.

    Args:
        findings: Of one run, or of several that were merged.
        called: Operations that were called, whether or not they show anything.
    """
    shared = _broken_everywhere(findings, called)
    groups: dict[tuple[str, ...], list[Finding]] = {}
    causes = [each for each in findings if each.rule not in _FOLLOWING]
    for finding in causes:
        groups.setdefault(_key(finding, shared), []).append(finding)
    following = _join_consequences(groups)
    at_operation = {
        operation: key
        for key, group in reversed(groups.items())
        if group[0].rule not in _OF_THE_PROTOCOL
        for each in group
        for operation in each.operations or (each.operation,)
    }
    for finding in findings:
        if finding.rule in _FOLLOWING:
            key = at_operation.get(finding.operation) or _key(finding, shared)
            groups.setdefault(key, []).append(finding)
    order = {id(each): place for place, each in enumerate(findings)}
    found = [
        # What causes it says what is to be fixed.
        Defect(key, tuple(sorted(group, key=lambda e: (id(e) in following, order[id(e)]))))
        for key, group in groups.items()
    ]
    return sorted(found, key=lambda each: order[id(each.findings[0])])


def _join_consequences(groups: dict[tuple[str, ...], list[Finding]]) -> set[int]:
    """Put what follows from another defect's operation with it, as each group's first finding says.

    Returns:
        The ids of the findings that were put elsewhere.
    """
    joined: set[int] = set()
    for key, group in list(groups.items()):
        others = [each for name, each in groups.items() if name != key]
        cause = _cause(group[0], [each[0] for each in others])
        if cause is not None and key == (group[0].operation,):
            (leading,) = [each for each in others if each[0] is cause]
            joined.update(map(id, group))
            leading += groups.pop(key)
    return joined


def _cause(finding: Finding, others: Sequence[Finding]) -> Finding | None:
    """Return the finding of an operation that the caller has misused before what this one shows."""
    steps = finding.script.steps
    if not finding.minimal or len(steps) < 2:
        return None
    callers = finding.script.callers
    for step in steps[:-1]:
        if step.actor != steps[-1].actor or step.operation == finding.operation:
            continue
        foreign = any(callers.get(number) != step.actor.user for number in step.references())
        for other in others:
            misused = other.script.steps[-1] if other.script.steps else None
            if other.operation != step.operation or other.rule in _OF_THE_PROTOCOL:
                continue
            given = {
                name
                for each in other.script.steps
                if each.operation == step.operation
                for name in each.arguments
            }
            raised = other.rule is BrokenRule.ESCALATION and given <= step.arguments.keys()
            if (foreign and misused is not None and misused.operation == step.operation) or raised:
                return other
    return None


def _key(finding: Finding, shared: Collection[tuple[str, str]]) -> tuple[str, ...]:
    rule = str(finding.rule or "")
    if finding.rule in _OF_THE_PROTOCOL:
        return finding.surface, rule, finding.detail
    if (finding.surface, rule) in shared:
        return finding.surface, rule
    return (finding.operation,)


def _broken_everywhere(
    findings: Sequence[Finding], called: Collection[str]
) -> set[tuple[str, str]]:
    """Return the protocols with the rules that most of their operations break."""
    offered = Counter(surface_of(name) for name in {*called, *(f.operation for f in findings)})
    broken = Counter(
        {
            (each.surface, str(each.rule), each.operation)
            for each in findings
            if each.rule in _PERHAPS_OF_THE_PROTOCOL
        }
    )
    operations = Counter((surface, rule) for surface, rule, _ in broken)
    return {
        (surface, rule)
        for (surface, rule), count in operations.items()
        if count >= _FEWEST and 2 * count > offered[surface]
    }
