"""Acknowledged writes are compared with what is stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadtests.observer.requests import LoadRequest
from loadtests.report.counts import MarkedSubject
from loadtests.scenarios.durability import WriteLedger, add_by_chat, add_by_rest, add_by_tool
from loadtests.users.accounts import Account

_ACCOUNT = Account(MarkedSubject("load-1", "mk-0123456789abcdef"), "token", "mcp-token")


def test_write_ledger_counts_an_acknowledged_write_that_is_missing_as_lost() -> None:
    ledger = WriteLedger()
    ledger.acknowledge("ann", "one")
    ledger.acknowledge("ann", "two")
    assert ledger.compare("ann", ["two"]) == {"lost": 1, "duplicated": 0}


def test_write_ledger_counts_a_title_stored_twice_as_duplicated() -> None:
    ledger = WriteLedger()
    ledger.acknowledge("ann", "one")
    assert ledger.compare("ann", ["one", "one", "two", "two"]) == {"lost": 0, "duplicated": 2}


def test_write_ledger_accepts_a_stored_write_that_was_not_acknowledged() -> None:
    assert WriteLedger().compare("ann", ["one"]) == {"lost": 0, "duplicated": 0}


@pytest.mark.parametrize("make", [add_by_rest, add_by_tool, add_by_chat])
def test_every_write_request_has_an_idempotency_key_of_its_own(
    make: Callable[[Account, str, str], LoadRequest],
) -> None:
    def key(call: LoadRequest) -> str:
        meta = call.body.get("params", {}).get("_meta", {})
        return str(call.headers.get("Idempotency-Key") or meta["crosstalk/idempotencyKey"])

    one, other = (make(_ACCOUNT, "http://mcp/mcp", "buy milk") for _ in range(2))
    assert key(one) != key(other)
    assert "buy milk" in str(one.body)
