"""What is declared for our system is what it does, and the verdict is strict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from crosstalk.deadlock.topologies import topologies
from crosstalk.deadlock.traces import TraceStep, deviation
from crosstalk.report.run_folder import RunFolder
from loadtests.observer.client import merged_traces
from loadtests.observer.requests import Call, add_task, call_tool, chat, chat_stream, chatkit_stream
from loadtests.observer.requests import list_tasks as list_by_rest
from loadtests.scenarios.reference_system import Ours, Verdict, make_accounts, observed_system
from loadtests.users.accounts import Account

_CALLS: tuple[Callable[[Account, str], Call], ...] = (
    add_task,
    list_by_rest,
    chat,
    chat_stream,
    chatkit_stream,
    lambda account, mcp_url: replace(
        chat(account, mcp_url), body={"message": "add a task to buy milk"}
    ),
    call_tool,
)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    """Our system, observed, after one request of every sort.

    Hybrid, so that tools reach data by both ways.
    """
    folder = tmp_path_factory.mktemp("observed")
    with observed_system(folder, think_ms=0, data_access="hybrid") as (running, observers):
        account = make_accounts(running, 1)[0]
        with httpx2.Client(base_url=running.backend_url, timeout=60.0) as client:
            for make in _CALLS:
                call = make(account, running.mcp_url)
                answer = client.request(
                    call.method, call.path, json=call.body, headers=call.headers
                )
                assert call.fault(answer.status_code, answer.text) is None
        yield Ours(running, observers, [account], RunFolder(folder), "hybrid")


def test_our_system_takes_what_is_declared_in_the_order_that_is_declared(used: Ours) -> None:
    used.compare()
    assert used.verdict.departures == []
    assert used.verdict.traced == {"REST request": 2, "chat": 4, "tool call": 1}


def test_the_traces_are_not_those_of_a_system_that_holds_a_session(used: Ours) -> None:
    held = topologies()["mounted-held-session"].requests[0]
    chats = [
        trace
        for identifier, trace in merged_traces(used._observers).items()
        if identifier.startswith("chat.")
    ]
    assert len(chats) == 4
    assert all(deviation(held, trace) for trace in chats)


def test_a_session_held_across_a_call_would_be_seen(used: Ours) -> None:
    declared = {each.name: each for each in topologies()["separate-hybrid"].requests}["chat"]
    traces = merged_traces(used._observers)
    trace = next(each for name, each in traces.items() if name.startswith("chat."))
    assert deviation(declared, trace) is None
    given_back = trace.index(TraceStep("release", "backend pool connection"))
    held = [*trace[:given_back], *trace[given_back + 1 :], trace[given_back]]
    found = deviation(declared, held)
    assert found is not None
    assert found.position == given_back
    assert found.allowed == ("release backend pool connection",)


def test_tools_write_by_the_backends_rest_while_their_caller_holds_no_connection(
    used: Ours,
) -> None:
    through = TraceStep("acquire", "HTTP connection to the backend")
    writing = [trace for trace in merged_traces(used._observers).values() if through in trace]
    assert len(writing) == 1
    at = writing[0].index(through)
    pool = "backend pool connection"
    before = writing[0][:at]
    assert before.count(TraceStep("acquire", pool)) == before.count(TraceStep("release", pool)) > 0


GOOD: dict[str, Any] = {
    "users": 5,
    "requests": 9,
    "errors": 0,
    "unfinished": 0,
    "stalls": 0,
    "foreign": 0,
    "own": 9,
    "p50_ms": 10.0,
    "p99_ms": 20.0,
}


TRACED = {"chat": 18, "REST request": 4, "tool call": 3}


def verdict(**other: Any) -> Verdict:
    return Verdict({"a": GOOD, "b": {**GOOD, **other}}, traced=TRACED)


def test_a_system_stands_when_everybody_got_an_answer_of_their_own() -> None:
    assert verdict().stands
    summary = verdict(p99_ms=70.0).summarized()
    assert (summary["requests"], summary["p99_ms"], summary["users"]) == (18, 70.0, 5)


@pytest.mark.parametrize(
    "other",
    [{"errors": 1}, {"unfinished": 1}, {"stalls": 1}, {"foreign": 1}, {"own": 0}, {"requests": 0}],
)
def test_anything_less_and_it_does_not(other: dict[str, int]) -> None:
    assert not verdict(**other).stands


def test_a_departure_or_no_trace_at_all_and_it_does_not() -> None:
    assert not Verdict({"a": GOOD}, ["chat: step 1"], TRACED).stands
    assert not Verdict({"a": GOOD}).stands


@pytest.mark.parametrize("kind", TRACED)
def test_a_kind_of_request_of_which_nothing_was_compared_and_it_does_not(kind: str) -> None:
    rest = {name: count for name, count in TRACED.items() if name != kind}
    assert not Verdict({"a": GOOD}, traced=rest).stands
