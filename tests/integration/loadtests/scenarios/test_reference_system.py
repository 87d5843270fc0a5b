"""The reference system acquires and releases what its topology declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx2
import pytest

from crosstalk.deadlock.topologies import topologies
from crosstalk.deadlock.traces import TraceStep, deviation
from crosstalk.report.run_folder import RunFolder
from loadtests.observer.client import merged_traces
from loadtests.observer.requests import (
    LoadRequest,
    add_task,
    call_tool,
    chat,
    chat_stream,
    chatkit_stream,
)
from loadtests.observer.requests import list_tasks as list_by_rest
from loadtests.scenarios.reference_system import ReferenceSystemLoad, make_accounts, observed_system
from loadtests.users.accounts import Account

_CALLS: tuple[Callable[[Account, str], LoadRequest], ...] = (
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
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceSystemLoad]:
    """The observed reference system after one request of every kind.

    Hybrid, so that tools reach data both ways.
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
                assert call.failure(answer.status_code, answer.text) is None
        yield ReferenceSystemLoad(running, observers, [account], RunFolder(folder), "hybrid")


def test_reference_system_takes_resources_in_the_declared_order(used: ReferenceSystemLoad) -> None:
    used.compare()
    assert used.verdict.departures == []
    assert used.verdict.traced == {"REST request": 2, "chat": 4, "tool call": 1}


def test_traces_differ_from_those_of_a_topology_that_holds_a_session(
    used: ReferenceSystemLoad,
) -> None:
    held = topologies()["mounted-held-session"].requests[0]
    chats = [
        trace
        for identifier, trace in merged_traces(used._observers).items()
        if identifier.startswith("chat.")
    ]
    assert len(chats) == 4
    assert all(deviation(held, trace) for trace in chats)


def test_session_held_across_a_call_is_a_deviation(used: ReferenceSystemLoad) -> None:
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


def test_hybrid_tool_writes_through_rest_while_its_caller_holds_no_connection(
    used: ReferenceSystemLoad,
) -> None:
    through = TraceStep("acquire", "HTTP connection to the backend")
    writing = [trace for trace in merged_traces(used._observers).values() if through in trace]
    assert len(writing) == 1
    at = writing[0].index(through)
    pool = "backend pool connection"
    before = writing[0][:at]
    assert before.count(TraceStep("acquire", pool)) == before.count(TraceStep("release", pool)) > 0
