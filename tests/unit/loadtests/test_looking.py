"""The circle is found in what observers in several services say."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.deadlock.cycle import same, sentence
from crosstalk.deadlock.traces import TraceStep
from loadtests.observer.client import merged_traces, observed_circle, pool_figures

POOL, LOOP, CALL = "backend pool connection", "backend event loop", "HTTP connection to MCP"


def said(**services: dict[str, Any]) -> dict[str, Any]:
    return {name: {"standing": {"requests": each}} for name, each in services.items()}


def entry(held: dict[str, int], *wants: str) -> dict[str, Any]:
    return {"held": held, "wants": list(wants)}


def test_what_a_request_holds_here_and_wants_there_is_put_together() -> None:
    seen = said(
        backend={f"r{n}": entry({POOL: 1, CALL: 1}) for n in range(3)},
        mcp={f"r{n}": entry({}, POOL) for n in range(3)},
    )
    assert sentence(observed_circle(seen, {POOL: 3}, "chat")) == (
        "3 chats hold 3 of 3 backend pool connections and wait for another backend pool "
        "connection, which no other request can release"
    )


def test_a_loop_that_somebody_keeps_is_part_of_the_circle() -> None:
    waiting = {f"r{n}": entry({POOL: 1}, LOOP) for n in range(3)}
    keeping = {"r9": entry({LOOP: 1}, POOL)}
    links = observed_circle(said(backend={**waiting, **keeping}), {POOL: 3, LOOP: 1}, "chat")
    # Wherever one begins, and however many there are, it is the same circle.
    assert same(links, links[1:] + links[:1])
    assert not same(links, links[:1])
    circle = sentence(links)
    assert "3 chats" in circle
    assert "1 chat" in circle
    assert circle.endswith("held by the first")


def test_waiting_for_who_waits_for_nobody_is_no_circle() -> None:
    seen = said(backend={"r1": entry({CALL: 1}, POOL), "r2": entry({POOL: 1})})
    assert observed_circle(seen, {POOL: 1}, "chat") == ()


def test_a_service_that_does_not_answer_says_nothing() -> None:
    assert observed_circle({"backend": {"standing": None}}, {}, "chat") == ()


def test_pools_are_said_in_words() -> None:
    taken = {"size": 10, "overflow": 5, "checked_out": 15, "idle": 0}
    assert pool_figures({"backend": {"pools": [taken]}, "mcp": {"pools": None}}) == (
        "backend pool: 15 of 15 connections taken"
    )


def test_a_trace_of_which_one_service_has_forgotten_its_part_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turn, pool = "agent's turn", "MCP pool connection"
    told = {
        "backend/traces": {"since": 25, "requests": {"late": [[30, "acquire", turn]]}},
        "mcp/traces": {
            "since": 0,
            "requests": {"early": [[20, "acquire", pool]], "late": [[31, "acquire", pool]]},
        },
    }
    monkeypatch.setattr("loadtests.observer.client.ask", told.get)
    assert merged_traces({"backend": "backend", "mcp": "mcp"}) == {
        "late": [TraceStep("acquire", turn), TraceStep("acquire", pool)]
    }
