"""What is sent, and what counts as an answer."""

from __future__ import annotations

import pytest

from loadtests.observer.requests import MIX, chat, chat_stream
from loadtests.report.counts import Subject
from loadtests.users.accounts import Account

ALICE = Account(Subject("alice", "mk-00000000000000aa"), "token", "mcp-token")
MCP = "http://127.0.0.1:1/mcp"


def test_a_stream_that_breaks_off_is_no_answer() -> None:
    call = chat_stream(ALICE, MCP)
    assert call.fault(200, "event: delta\ndata: {}\n\n") is not None
    assert call.fault(200, "event: delta\n\nevent: answered\ndata: {}\n\n") is None


def test_a_refusal_is_no_answer() -> None:
    fault = chat(ALICE, MCP).fault(503, '{"error_code": "unavailable"}')
    assert fault is not None
    assert fault.startswith("503")


@pytest.mark.parametrize("make", MIX)
def test_every_request_is_its_users_and_can_be_told_apart_in_traces(make: object) -> None:
    assert callable(make)
    call, again = make(ALICE, MCP), make(ALICE, MCP)
    assert call.headers["Authorization"] in ("Bearer token", "Bearer mcp-token")
    kind = call.headers["X-Request-ID"].split(".")[0]
    assert kind == {"chat": "chat", "REST": "rest", "tool": "tool"}[call.kind.split()[0]]
    assert call.headers["X-Request-ID"] != again.headers["X-Request-ID"]


def test_an_account_survives_the_way_to_another_process() -> None:
    assert Account.from_plain(ALICE.plain()) == ALICE
