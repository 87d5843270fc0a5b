"""Requests of the load, and their good answers."""

from __future__ import annotations

import pytest

from loadtests.observer.requests import MIX, chat, chat_stream
from loadtests.report.counts import MarkedSubject
from loadtests.users.accounts import Account

ALICE = Account(MarkedSubject("alice", "mk-00000000000000aa"), "token", "mcp-token")
MCP = "http://127.0.0.1:1/mcp"


def test_chat_stream_that_breaks_off_is_a_failure() -> None:
    call = chat_stream(ALICE, MCP)
    assert call.failure(200, "event: delta\ndata: {}\n\n") is not None
    assert call.failure(200, "event: delta\n\nevent: answered\ndata: {}\n\n") is None


def test_refused_chat_is_a_failure() -> None:
    failure = chat(ALICE, MCP).failure(503, '{"error_code": "unavailable"}')
    assert failure is not None
    assert failure.startswith("503")


@pytest.mark.parametrize("make", MIX)
def test_every_request_carries_its_users_token_and_a_traceable_id(make: object) -> None:
    assert callable(make)
    call, again = make(ALICE, MCP), make(ALICE, MCP)
    assert call.headers["Authorization"] in ("Bearer token", "Bearer mcp-token")
    kind = call.headers["X-Request-ID"].split(".")[0]
    assert kind == {"chat": "chat", "REST": "rest", "tool": "tool"}[call.kind.split()[0]]
    assert call.headers["X-Request-ID"] != again.headers["X-Request-ID"]
