"""The cycle of waiting requests is found across the observers of several services."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.deadlock.cycle import same, sentence
from crosstalk.deadlock.traces import TraceStep
from loadtests.observer.client import merged_traces, observed_cycle, pool_figures

POOL, LOOP, CALL = "backend pool connection", "backend event loop", "HTTP connection to MCP"


def taken(**services: dict[str, Any]) -> dict[str, Any]:
    return {name: {"requests": {"requests": each}} for name, each in services.items()}


def entry(held: dict[str, int], *wants: str) -> dict[str, Any]:
    return {"held": held, "wants": list(wants)}


def test_observed_cycle_joins_what_a_request_holds_and_awaits_in_two_services() -> None:
    snapshot = taken(
        backend={f"r{n}": entry({POOL: 1, CALL: 1}) for n in range(3)},
        mcp={f"r{n}": entry({}, POOL) for n in range(3)},
    )
    assert sentence(observed_cycle(snapshot, {POOL: 3}, "chat")) == (
        "3 chats hold 3 of 3 backend pool connections and wait for another backend pool "
        "connection, which no other request can release"
    )


def test_observed_cycle_includes_a_blocked_event_loop() -> None:
    waiting = {f"r{n}": entry({POOL: 1}, LOOP) for n in range(3)}
    keeping = {"r9": entry({LOOP: 1}, POOL)}
    links = observed_cycle(taken(backend={**waiting, **keeping}), {POOL: 3, LOOP: 1}, "chat")
    # The same cycle from wherever it begins.
    assert same(links, links[1:] + links[:1])
    assert not same(links, links[:1])
    cycle = sentence(links)
    assert "3 chats" in cycle
    assert "1 chat" in cycle
    assert cycle.endswith("held by the first")


def test_observed_cycle_is_empty_where_the_holder_waits_for_nothing() -> None:
    snapshot = taken(backend={"r1": entry({CALL: 1}, POOL), "r2": entry({POOL: 1})})
    assert observed_cycle(snapshot, {POOL: 1}, "chat") == ()


def test_observed_cycle_is_empty_for_a_service_that_does_not_answer() -> None:
    assert observed_cycle({"backend": {"requests": None}}, {}, "chat") == ()


def test_pool_figures_name_the_service_and_its_taken_connections() -> None:
    pool = {"size": 10, "overflow": 5, "checked_out": 15, "idle": 0}
    assert pool_figures({"backend": {"pools": [pool]}, "mcp": {"pools": None}}) == (
        "backend pool: 15 of 15 connections taken"
    )


def test_merged_traces_leave_out_a_request_that_one_service_has_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turn, pool = "agent's turn", "MCP pool connection"
    answers = {
        "backend/traces": {"since": 25, "requests": {"late": [[30, "acquire", turn]]}},
        "mcp/traces": {
            "since": 0,
            "requests": {"early": [[20, "acquire", pool]], "late": [[31, "acquire", pool]]},
        },
    }
    monkeypatch.setattr("loadtests.observer.client.ask", answers.get)
    assert merged_traces({"backend": "backend", "mcp": "mcp"}) == {
        "late": [TraceStep("acquire", turn), TraceStep("acquire", pool)]
    }
