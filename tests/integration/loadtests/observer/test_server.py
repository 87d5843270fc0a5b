"""The observer in a process reports pools, threads and calls of its requests."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from crosstalk.environment.runtime.ports import free_port
from loadtests.observer.ledger import ResourceLedger

# In a process of its own: instrumented libraries stay instrumented.
_PROGRAM = """
import asyncio, contextvars, json, os, signal, sys, threading, time, urllib.request
from loadtests.observer.server import Observer
from loadtests.observer.instrumentation import ObserverPlan

request = contextvars.ContextVar("request", default="-")
port = int(sys.argv[1])
plan = ObserverPlan(port, "connection", dump=sys.argv[2], loop="loop", worker="worker")
observer = Observer(plan, request.get)
observer.start()

import anyio.to_thread
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

engine = create_engine(
    "sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=2.0,
    connect_args={"check_same_thread": False},
)

def ask(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return json.load(answer)

async def first():
    request.set("first")
    def work():
        with engine.connect():
            pass
    await anyio.to_thread.run_sync(work)

async def holder():
    request.set("holder")
    with engine.connect():
        await asyncio.sleep(0.5)

async def blocker():
    request.set("blocker")
    await asyncio.sleep(0.1)
    try:
        engine.connect()
    except Exception:
        pass

seen = {}

def inspect():
    seen["requests"] = ask("/")
    seen["stacks"] = ask("/stacks")
    seen["pools"] = ask("/pools")
    # The stacks are walked without the interpreter's lock: no thread may begin or end meanwhile.
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.2)

async def main():
    await first()
    looker = threading.Timer(1.0, inspect)
    looker.start()
    await asyncio.gather(holder(), blocker())
    looker.join()
    print(json.dumps({**seen, "traces": ask("/traces")["requests"], "steps": ask("/steps")}))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Reports of the observer of a program in which a request blocks the loop."""
    dump = tmp_path_factory.mktemp("observed") / "dump"
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(free_port()), str(dump)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return {**answer, "dump": dump.read_text()}


def test_observer_reports_the_taken_connections_of_pools(seen: dict[str, Any]) -> None:
    assert seen["pools"] == [{"size": 1, "overflow": 0, "checked_out": 1, "idle": 0}]


def test_observer_dumps_stacks_while_the_loop_is_blocked(seen: dict[str, Any]) -> None:
    assert "most recent call first" in seen["dump"]
    assert " in connect" in seen["dump"], "where the loop is blocked"


def test_observer_attributes_a_worker_threads_connection_to_its_request(
    seen: dict[str, Any],
) -> None:
    trace = [(action, resource) for _, action, resource in seen["traces"]["first"]]
    assert trace == [
        ("acquire", "worker"),
        ("acquire", "connection"),
        ("release", "connection"),
        ("release", "worker"),
    ]


def test_observer_reports_a_synchronous_wait_as_holding_the_loop(
    seen: dict[str, Any],
) -> None:
    assert seen["requests"] == {
        "loop_turns": False,
        "requests": {
            "holder": {"held": {"connection": 1}, "wants": ["loop"]},
            "blocker": {"held": {"loop": 1}, "wants": ["connection"]},
        },
    }


def test_observer_reports_stacks_of_threads_and_tasks(seen: dict[str, Any]) -> None:
    assert any(" holder" in line for stack in seen["stacks"].values() for line in stack)
    assert any(" blocker" in line for line in seen["stacks"]["thread MainThread"])


def test_observer_counts_every_acquisition_and_release_as_a_step(seen: dict[str, Any]) -> None:
    assert seen["steps"] == sum(len(trace) for trace in seen["traces"].values())


def test_resource_ledger_drops_a_wait_that_was_given_up() -> None:
    ledger = ResourceLedger()
    ledger.want("r", "connection")
    assert ledger.active() == {"r": {"held": {}, "wants": ["connection"]}}
    ledger.give_up("r", "connection")
    assert ledger.active() == {}
    assert ledger.traces() == {"r": []}


def test_resource_ledger_drops_finished_requests_first_and_notes_since_when(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("loadtests.observer.ledger._MAX_ENTRIES", 2)
    ledger = ResourceLedger()
    ledger.acquire("holds", "connection")
    ledger.acquire("through", "connection")
    ledger.release("through", "connection")
    assert ledger.since == 0
    ended = ledger.traces()["through"][-1][0]
    ledger.acquire("third", "connection")
    assert set(ledger.traces()) == {"holds", "third"}
    assert ledger.since == ended
