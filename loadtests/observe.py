"""Watches from inside a service what its requests take: connections, threads, calls, the loop.

Installed at the start of a process that `CROSSTALK_OBSERVE` is set for (JSON, see `Plan`), it wraps
the few functions of the libraries through which bounded resources are had, and answers on a port of
loopback, by a thread of its own, so that it answers while the event loop stands still.

A call to another service counts as held from its sending to the end of its answer. A wait for a
free HTTP connection is part of that, and is not told apart.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import signal
import sys
import threading
import traceback
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from loadtests.ledger import Ledger

VARIABLE = "CROSSTALK_OBSERVE"
_PROBE_SECONDS = 0.3
_STACK_LINES = 12
_REQUEST = "crosstalk-request"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to watch.

    Attributes:
        port: Where to answer: `/` how requests stand, `/traces` what they did, `/steps` how much of
            it, `/stacks` where threads and tasks are, `/pools` each pool's figures, `/tasks` how
            many tasks there are.
        dump: File that receives the stacks of all threads at each SIGUSR1, written by
            `faulthandler` without the interpreter's help; none if empty.
        pool: Name of a connection of this service's pool.
        loop: Name of this service's event loop.
        worker: Name of a worker thread of this service.
        turn: Name of an agent's turn in our own backend.
        calls: Beginnings of URLs to the name of an HTTP connection there; others are not watched.
    """

    port: int
    pool: str
    dump: str = ""
    loop: str = "backend event loop"
    worker: str = "worker thread"
    turn: str = "agent's turn"
    calls: dict[str, str] = field(default_factory=dict)


class Observer:
    """Wraps the libraries and keeps the ledger.

    Args:
        plan: What to watch.
        request: The id of the request that runs now.
    """

    def __init__(self, plan: Plan, request: Callable[[], str]) -> None:
        self._plan = plan
        self._request = request
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: weakref.WeakSet[Any] = weakref.WeakSet()
        self.ledger = Ledger()

    def watch(self) -> None:
        """Wrap what is watched, and answer."""
        self._watch_pools()
        self._watch_calls()
        self._watch_workers()
        self._watch_turns()
        if self._plan.dump:
            # It must stay open: the handler writes to its descriptor.
            self._dump = open(self._plan.dump, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            faulthandler.register(signal.SIGUSR1, file=self._dump, all_threads=True)
        handler = _handler(
            {
                "/": self.standing,
                "/traces": self.ledger.traces,
                "/steps": lambda: self.ledger.steps,
                "/stacks": self.stacks,
                "/pools": self.pools,
                "/tasks": self.tasks,
            }
        )
        server = ThreadingHTTPServer(("127.0.0.1", self._plan.port), handler)
        threading.Thread(target=server.serve_forever, name="observer", daemon=True).start()

    def standing(self) -> dict[str, Any]:
        """How requests stand; where the loop does not turn, those that could go on wait for it."""
        turns = self._turns()
        standing = self.ledger.standing()
        if not turns:
            for entry in standing.values():
                if not entry["wants"]:
                    entry["wants"].append(self._plan.loop)
        return {"loop_turns": turns, "requests": standing}

    def stacks(self) -> dict[str, list[str]]:
        """Where each thread and each task stands."""
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        found = {
            f"thread {names.get(ident, ident)}": _lines(traceback.extract_stack(frame))
            for ident, frame in sys._current_frames().items()
        }
        if self._loop is not None:
            for task in asyncio.all_tasks(self._loop):
                frames = [(frame, frame.f_lineno) for frame in task.get_stack()]
                summary = traceback.StackSummary.extract(iter(frames))
                found[f"task {task.get_name()}"] = _lines(summary)
        return found

    def pools(self) -> list[dict[str, int]]:
        """What each pool of connections says of itself."""
        return [
            {
                "size": pool.size(),
                "overflow": max(0, pool.overflow()),
                "checked_out": pool.checkedout(),
                "idle": pool.checkedin(),
            }
            for pool in list(self._pools)
        ]

    def tasks(self) -> int:
        """How many tasks the event loop has."""
        return len(asyncio.all_tasks(self._loop)) if self._loop is not None else 0

    def _turns(self) -> bool:
        if self._loop is None:
            return True
        turned = threading.Event()
        self._loop.call_soon_threadsafe(turned.set)
        return turned.wait(_PROBE_SECONDS)

    def _in_loop(self) -> bool:
        """Whether an event loop runs in this thread, which it then is."""
        loop = asyncio._get_running_loop()
        if loop is not None:
            self._loop = loop
        return loop is not None

    def _watch_pools(self) -> None:
        from sqlalchemy import event
        from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool, QueuePool

        ledger, plan = self.ledger, self._plan
        connect = Pool.connect

        def watched(pool: Any) -> Any:
            request = self._request()
            if isinstance(pool, QueuePool):
                self._pools.add(pool)
            blocks = self._in_loop() and not isinstance(pool, AsyncAdaptedQueuePool)
            if blocks:
                ledger.acquire(request, plan.loop)
            ledger.want(request, plan.pool)
            try:
                connection = connect(pool)
            except BaseException:
                ledger.give_up(request, plan.pool)
                raise
            else:
                ledger.acquire(request, plan.pool)
                connection._connection_record.info[_REQUEST] = (request, blocks)
                return connection
            finally:
                if blocks:
                    ledger.release(request, plan.loop)

        def returned(connection: Any, record: Any) -> None:
            request, blocks = record.info.pop(_REQUEST, (None, False))
            if request is None:
                return
            if blocks:
                ledger.acquire(request, plan.loop)
            ledger.release(request, plan.pool)
            if blocks:
                ledger.release(request, plan.loop)

        _replace(Pool, "connect", watched)
        event.listen(Pool, "checkin", returned)

    def _watch_calls(self) -> None:
        import httpx2

        ledger = self.ledger
        send, send_async = httpx2.Client.send, httpx2.AsyncClient.send

        def resource(request: Any) -> str | None:
            url = str(request.url)
            return next((name for at, name in self._plan.calls.items() if url.startswith(at)), None)

        def watched(client: Any, request: Any, **options: Any) -> Any:
            name, caller = resource(request), self._request()
            if name is None:
                return send(client, request, **options)
            ledger.acquire(caller, name)
            try:
                return send(client, request, **options)
            finally:
                ledger.release(caller, name)

        async def watched_async(client: Any, request: Any, **options: Any) -> Any:
            self._in_loop()
            name, caller = resource(request), self._request()
            if name is None:
                return await send_async(client, request, **options)
            ledger.acquire(caller, name)
            try:
                response = await send_async(client, request, **options)
            except BaseException:
                ledger.release(caller, name)
                raise
            if response.is_closed:
                ledger.release(caller, name)
                return response
            close = response.aclose

            async def aclose() -> None:
                try:
                    await close()
                finally:
                    _replace(response, "aclose", close)
                    ledger.release(caller, name)

            _replace(response, "aclose", aclose)
            return response

        _replace(httpx2.Client, "send", watched)
        _replace(httpx2.AsyncClient, "send", watched_async)

    def _watch_workers(self) -> None:
        import anyio.to_thread

        ledger, name = self.ledger, self._plan.worker
        run_sync = anyio.to_thread.run_sync

        async def watched(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
            self._in_loop()
            request = self._request()

            def run(*given: Any) -> Any:
                ledger.acquire(request, name)
                try:
                    return function(*given)
                finally:
                    ledger.release(request, name)

            ledger.want(request, name)
            try:
                return await run_sync(run, *arguments, **options)
            finally:
                ledger.give_up(request, name)

        _replace(anyio.to_thread, "run_sync", watched)

    def _watch_turns(self) -> None:
        from system.backend.admission import Admission

        ledger, name = self.ledger, self._plan.turn
        turn = Admission.turn

        @asynccontextmanager
        async def watched(admission: Admission) -> AsyncIterator[None]:
            request = self._request()
            ledger.want(request, name)
            try:
                async with turn(admission):
                    ledger.acquire(request, name)
                    try:
                        yield
                    finally:
                        ledger.release(request, name)
            finally:
                ledger.give_up(request, name)

        _replace(Admission, "turn", watched)


def install() -> None:
    """Watch this process, if it was asked for."""
    asked = os.environ.get(VARIABLE)
    if not asked:
        return
    from system.wire.logs import request_id

    Observer(Plan(**json.loads(asked)), request_id.get).watch()


def _replace(owner: object, name: str, function: Callable[..., Any]) -> None:
    setattr(owner, name, function)


def _handler(answers: dict[str, Callable[[], Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path)
            body = json.dumps(answer() if answer else None).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing: looking is not an event."""

    return Handler


def _lines(summary: traceback.StackSummary) -> list[str]:
    return [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in summary[-_STACK_LINES:]
    ]
