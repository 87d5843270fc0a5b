"""Instrumentation of the few library functions that acquire bounded resources.

An instrumented function behaves as before and reports to the ledger which request waits, acquires
and releases. A call to another service counts as held from its sending to the end of its answer; a
wait for a free HTTP connection is part of that and is not distinguished.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from loadtests.observer.ledger import ResourceLedger

_REQUEST = "crosstalk-request"


@dataclass(frozen=True, slots=True)
class ObserverPlan:
    """Configuration of one service's observer.

    Attributes:
        port: Where to answer: `/` the state of requests, `/traces` what they did, `/steps` the
            number of acquisitions and releases, `/stacks` of threads and tasks, `/pools` each
            pool's figures, `/tasks` the number of tasks.
        dump: File that receives the stacks of all threads at each SIGUSR1, written by
            `faulthandler` without the interpreter's help; none if empty.
        pool: Name of a connection of this service's pool.
        loop: Name of this service's event loop.
        worker: Name of a worker thread of this service.
        turn: Name of an agent's turn in the reference system's backend.
        calls: Prefixes of URLs to the name of an HTTP connection there; others are not observed.
    """

    port: int
    pool: str
    dump: str = ""
    loop: str = "backend event loop"
    worker: str = "worker thread"
    turn: str = "agent's turn"
    calls: dict[str, str] = field(default_factory=dict)


class Instrumentation:
    """Instruments the libraries of this process.

    Args:
        plan: Configuration.
        request: Returns the id of the request that runs now.

    Attributes:
        ledger: Requests with the resources that they hold and wait for.
        loop: The process's event loop, once something has run in it.
        pools: Pools of connections that were used.
    """

    def __init__(self, plan: ObserverPlan, request: Callable[[], str]) -> None:
        self._plan = plan
        self._request = request
        self.ledger = ResourceLedger()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.pools: weakref.WeakSet[Any] = weakref.WeakSet()

    def install(self) -> None:
        """Replace the functions by instrumented ones."""
        self._instrument_pools()
        self._instrument_calls()
        self._instrument_workers()
        self._instrument_turns()

    def _in_loop(self) -> bool:
        """Return whether this thread runs an event loop, and remember the loop."""
        loop = asyncio._get_running_loop()
        if loop is not None:
            self.loop = loop
        return loop is not None

    def _instrument_pools(self) -> None:
        from sqlalchemy import event
        from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool, QueuePool

        ledger, plan = self.ledger, self._plan
        connect = Pool.connect

        def instrumented(pool: Any) -> Any:
            request = self._request()
            if isinstance(pool, QueuePool):
                self.pools.add(pool)
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

        _replace(Pool, "connect", instrumented)
        event.listen(Pool, "checkin", returned)

    def _instrument_calls(self) -> None:
        import httpx2

        ledger = self.ledger
        send, send_async = httpx2.Client.send, httpx2.AsyncClient.send

        def resource(request: Any) -> str | None:
            url = str(request.url)
            return next((name for at, name in self._plan.calls.items() if url.startswith(at)), None)

        def instrumented(client: Any, request: Any, **options: Any) -> Any:
            name, caller = resource(request), self._request()
            if name is None:
                return send(client, request, **options)
            ledger.acquire(caller, name)
            try:
                return send(client, request, **options)
            finally:
                ledger.release(caller, name)

        async def instrumented_async(client: Any, request: Any, **options: Any) -> Any:
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

        _replace(httpx2.Client, "send", instrumented)
        _replace(httpx2.AsyncClient, "send", instrumented_async)

    def _instrument_workers(self) -> None:
        import anyio.to_thread

        ledger, name = self.ledger, self._plan.worker
        run_sync = anyio.to_thread.run_sync

        async def instrumented(
            function: Callable[..., Any], *arguments: Any, **options: Any
        ) -> Any:
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

        _replace(anyio.to_thread, "run_sync", instrumented)

    def _instrument_turns(self) -> None:
        from system.backend.agent.admission import Admission

        ledger, name = self.ledger, self._plan.turn
        turn = Admission.turn

        @asynccontextmanager
        async def instrumented(admission: Admission, user: str = "") -> AsyncIterator[None]:
            request = self._request()
            ledger.want(request, name)
            try:
                async with turn(admission, user):
                    ledger.acquire(request, name)
                    try:
                        yield
                    finally:
                        ledger.release(request, name)
            finally:
                ledger.give_up(request, name)

        _replace(Admission, "turn", instrumented)


def _replace(owner: object, name: str, function: Callable[..., Any]) -> None:
    setattr(owner, name, function)
