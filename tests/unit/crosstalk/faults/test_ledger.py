"""The ledger counts each kind of damage, and registers allow what a single writer may have left."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from crosstalk.faults.ledger import Register, WriteLedger


def test_ledger_counts_lost_and_duplicated_writes_of_a_user() -> None:
    ledger = WriteLedger()
    for title in ("a", "b", "c"):
        ledger.acknowledge("alice", title)
    assert ledger.compare("alice", ["a", "b", "b", "unacknowledged"]) == {
        "lost": 1,
        "duplicated": 1,
    }
    assert ledger.compare("bob", []) == {"lost": 0, "duplicated": 0}
    assert ledger.acknowledged == 3


def test_register_refuses_an_acknowledged_value_that_was_overwritten() -> None:
    register = Register()
    register.acknowledge(register.write("old"))
    register.acknowledge(register.write("new"))
    assert register.allowed() == {"new"}


def test_register_allows_a_value_that_was_never_answered() -> None:
    register = Register()
    register.acknowledge(register.write("first"))
    register.write("unanswered")
    register.acknowledge(register.write("last"))
    register.write("under way")
    assert register.allowed() == {"last", "unanswered", "under way"}


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 2**16))
def test_register_allows_every_value_that_a_correct_store_can_hold(
    answered: list[bool], seed: int
) -> None:
    """A store that applies what was not answered now, later or never stays within `allowed`."""
    chance, register, held = random.Random(seed), Register(), ""
    late: list[str] = []
    for number, is_answered in enumerate(answered):
        value = f"v{number}"
        position = register.write(value)
        if is_answered:
            held = value
            register.acknowledge(position)
        elif chance.random() < 0.5:
            held = value
        else:
            late.append(value)
        if late and chance.random() < 0.3:
            held = late.pop()
        if register.settled >= 0:
            assert held in register.allowed()
