"""Matrix of a policy as a table: person, operation, whose data, and what of it was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console

from crosstalk.core.policy import Allow, Policy, Reserve, Suspend
from crosstalk.core.policy.coverage import PolicyMatrix, PolicyRow
from crosstalk.report.tables import columns, print_table


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
        "Who may call what about whose data, before anything is shared",
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


def _count(number: int, row: PolicyRow) -> str:
    return str(number) if row.tried else "–"
