"""Writes of the durability scenario carry idempotency keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadtests.observer.requests import LoadRequest
from loadtests.report.counts import MarkedSubject
from loadtests.scenarios.durability import add_by_chat, add_by_rest, add_by_tool
from loadtests.users.accounts import Account

_ACCOUNT = Account(MarkedSubject("load-1", "mk-0123456789abcdef"), "token", "mcp-token")


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
