"""Matrix of a policy as a table: person, operation, whose data, and what of it was tried."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.console import Console

from crosstalk.core.policy import Allow, Policy, Reserve, Suspend
from crosstalk.core.policy.coverage import OWN, PolicyMatrix, PolicyRow
from crosstalk.report.tables import columns, print_table

_TITLE = "Who may call what about whose data, before anything is shared"


def policy_sentence(matrix: PolicyMatrix) -> str:
    """Return what a policy permits and what of its refusals was tried, in a sentence."""
    refused = sum(not each.permitted for each in matrix.rows.values())
    return (
        f"policy: {matrix.permitted_share:.0%} of what concerns other users is permitted; of "
        f"{refused} refused entries (person, operation, whose) {matrix.refused_tried()} were tried"
    )


def rules_of(policy: Policy, names: Mapping[str, str]) -> list[str]:
    """Return a policy's rules in words.

    Args:
        policy: The policy.
        names: Principal to the name that the description gives that user.
    """

    def called(rule: Allow | Reserve | Suspend) -> str:
        return str(replace(rule, to=tuple(names.get(each, each) for each in rule.to)))

    return [
        *map(called, policy.allows),
        *map(called, policy.reserves),
        *map(str, policy.shares),
        *map(called, policy.suspends),
    ]


def print_policy(
    console: Console, matrix: PolicyMatrix, names: Mapping[str, str] | None = None
) -> None:
    """Print the matrix, a line for a person, an operation, and whose data it names.

    Args:
        console: Where to.
        matrix: Of the policy.
        names: Principal to the name that the description gives that user.
    """
    known = names or {}
    print_table(
        console,
        _TITLE,
        columns(
            "person", "operation", "whose", "policy", numbers=("tried", "served", "by sharing")
        ),
        [
            (
                known.get(each.person, each.person),
                each.operation,
                known.get(each.whose, each.whose),
                "permitted" if each.permitted else "refused",
                _count(each.tried, each),
                _count(each.served, each),
                _count(each.shared, each),
            )
            for each in matrix.rows.values()
        ],
    )


def print_policy_in_short(
    console: Console, matrix: PolicyMatrix, names: Mapping[str, str] | None = None
) -> None:
    """Print a line for all operations of which the policy says the same.

    Args:
        console: Where to.
        matrix: Of the policy.
        names: Principal to the name that the description gives that user.
    """
    known = names or {}
    said: defaultdict[str, dict[tuple[str, str], bool]] = defaultdict(dict)
    for each in matrix.rows.values():
        said[each.operation][each.person, each.whose] = each.permitted
    alike: defaultdict[tuple[tuple[tuple[str, str], bool], ...], list[str]] = defaultdict(list)
    for operation, entries in said.items():
        alike[tuple(sorted(entries.items()))].append(operation)
    print_table(
        console,
        _TITLE,
        columns("operations", "who may, about whose", numbers=("refused", "tried")),
        [
            (
                "\n".join(operations),
                "\n".join(_permitted(entries, known)) or "nobody",
                str(sum(not each.permitted for each in rows)),
                str(sum(not each.permitted and bool(each.tried) for each in rows)),
            )
            for entries, operations in alike.items()
            if (rows := [each for each in matrix.rows.values() if each.operation in operations])
        ],
    )


def _permitted(
    entries: Sequence[tuple[tuple[str, str], bool]], known: Mapping[str, str]
) -> list[str]:
    """Return a line for all persons who may call something about the same data."""
    whose: defaultdict[str, list[str]] = defaultdict(list)
    people = list(dict.fromkeys(person for (person, _), _ in entries))
    for (person, other), permitted in entries:
        if permitted:
            whose[person].append(other)
    own = [each for each in people if whose[each] == [OWN]]
    lines = []
    if own:
        who = "each" if len(own) == len(people) else ", ".join(known.get(e, e) for e in own)
        lines.append(f"{who}: own")
    for each in people:
        if each in own or not whose[each]:
            continue
        everything = len(whose[each]) == len(people)
        said = ", ".join(known.get(other, other) for other in whose[each])
        lines.append(f"{known.get(each, each)}: {'all' if everything else said}")
    return lines


def _count(number: int, row: PolicyRow) -> str:
    return str(number) if row.tried else "–"
