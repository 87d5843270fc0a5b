"""The matrix of a policy in short: together what the policy says the same of."""

from __future__ import annotations

import io

from rich.console import Console

from crosstalk.core.policy import Allow, Person, Policy, Reserve
from crosstalk.core.policy.coverage import PolicyMatrix
from crosstalk.report.policy_table import print_policy_in_short


def test_operations_of_which_the_policy_says_the_same_share_a_row() -> None:
    people = {
        name: Person(name, roles=("admin",) if name == "carol" else ())
        for name in ("alice", "bob", "carol")
    }
    policy = Policy(
        people,
        allows=(Allow(("*",), "any", ("GET /reviews",)),),
        reserves=(Reserve(("admin",), ("GET /admin",)),),
    )
    plain = [f"GET /things-{number}" for number in range(20)]
    matrix = PolicyMatrix.of(policy, [*plain, "GET /reviews", "GET /admin"])
    out = io.StringIO()
    print_policy_in_short(Console(file=out, width=80), matrix)
    text = out.getvalue()
    assert text.count("each: own") == 1
    assert "alice: all" in text
    assert "carol: own" in text
    assert len(text.splitlines()) < len(matrix.rows) / 5
