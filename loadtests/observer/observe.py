"""Watches from inside a service what its requests take: connections, threads, calls, the loop.

Installed at the start of a process that `CROSSTALK_OBSERVE` is set for (JSON, see `Plan`), it
answers on a port of loopback, by a thread of its own, so also while the event loop stands still.
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
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from loadtests.observer.instrumentation import Plan, Wrapped

VARIABLE = "CROSSTALK_OBSERVE"
_PROBE_SECONDS = 0.3
_STACK_LINES = 12


class Observer:
    """Answers what the wrapped libraries have seen.

    Args:
        plan: What to watch.
        request: The id of the request that runs now.
    """

    def __init__(self, plan: Plan, request: Callable[[], str]) -> None:
        self._plan = plan
        self._wrapped = Wrapped(plan, request)
        self.ledger = self._wrapped.ledger

    def watch(self) -> None:
        """Wrap what is watched, and answer."""
        self._wrapped.watch()
        if self._plan.dump:
            # It must stay open: the handler writes to its descriptor.
            self._dump = open(self._plan.dump, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            faulthandler.register(signal.SIGUSR1, file=self._dump, all_threads=True)
        handler = _handler(
            {
                "/": self.standing,
                "/traces": lambda: {"since": self.ledger.since, "requests": self.ledger.traces()},
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
        if self._wrapped.loop is not None:
            for task in asyncio.all_tasks(self._wrapped.loop):
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
            for pool in list(self._wrapped.pools)
        ]

    def tasks(self) -> int:
        """How many tasks the event loop has."""
        return len(asyncio.all_tasks(self._wrapped.loop)) if self._wrapped.loop is not None else 0

    def _turns(self) -> bool:
        if self._wrapped.loop is None:
            return True
        turned = threading.Event()
        self._wrapped.loop.call_soon_threadsafe(turned.set)
        return turned.wait(_PROBE_SECONDS)


def install() -> None:
    """Watch this process, if it was asked for."""
    asked = os.environ.get(VARIABLE)
    if not asked:
        return
    from system.wire.logs import request_id

    Observer(Plan(**json.loads(asked)), request_id.get).watch()


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
