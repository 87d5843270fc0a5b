"""Matrix of a policy as a table: person, operation, whose data, and what of it was tried."""

from __future__ import annotations

from rich.console import Console

from crosstalk.core.policy.coverage import PolicyMatrix, PolicyRow
from crosstalk.report.tables import columns, print_table


def policy_sentence(matrix: PolicyMatrix) -> str:
    """Return what a policy permits and what of its refusals was tried, in a sentence."""
    refused = sum(not each.permitted for each in matrix.rows.values())
    return (
        f"policy: {matrix.permitted_share:.0%} of what concerns other users is permitted; of "
        f"{refused} refused entries (person, operation, whose) {matrix.refused_tried()} were tried"
    )


def print_policy(console: Console, matrix: PolicyMatrix) -> None:
    """Print the matrix, a line for a person, an operation, and whose data it names."""
    print_table(
        console,
        "Who may call what about whose data, before anything is shared",
        columns(
            "person", "operation", "whose", "policy", numbers=("tried", "served", "by sharing")
        ),
        [
            (
                each.person,
                each.operation,
                each.whose,
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
