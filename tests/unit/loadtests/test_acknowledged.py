"""What was acknowledged is held against what is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadtests.observer.requests import Call
from loadtests.report.counts import Subject
from loadtests.scenarios.durability import Ledger, add_by_chat, add_by_rest, add_by_tool
from loadtests.users.accounts import Account

_ACCOUNT = Account(Subject("load-1", "mk-0123456789abcdef"), "token", "mcp-token")


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    ledger = Ledger()
    ledger.acknowledge("ann", "one")
    ledger.acknowledge("ann", "two")
    assert ledger.compare("ann", ["two"]) == {"lost": 1, "duplicated": 0}


def test_what_is_there_twice_is_seen_whether_or_not_it_was_acknowledged() -> None:
    ledger = Ledger()
    ledger.acknowledge("ann", "one")
    assert ledger.compare("ann", ["one", "one", "two", "two"]) == {"lost": 0, "duplicated": 2}


def test_what_was_never_acknowledged_may_be_there() -> None:
    assert Ledger().compare("ann", ["one"]) == {"lost": 0, "duplicated": 0}


@pytest.mark.parametrize("make", [add_by_rest, add_by_tool, add_by_chat])
def test_every_write_has_a_key_of_its_own(make: Callable[[Account, str, str], Call]) -> None:
    def key(call: Call) -> str:
        meta = call.body.get("params", {}).get("_meta", {})
        return str(call.headers.get("Idempotency-Key") or meta["crosstalk/idempotencyKey"])

    one, other = (make(_ACCOUNT, "http://mcp/mcp", "buy milk") for _ in range(2))
    assert key(one) != key(other)
    assert "buy milk" in str(one.body)
