"""Observer inside a service: reports which resources its requests take.

Installed at the start of a process for which `CROSSTALK_OBSERVE` is set (JSON, see `ObserverPlan`),
it answers on a loopback port, in a thread of its own, so also while the event loop is blocked.
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

from loadtests.observer.instrumentation import Instrumentation, ObserverPlan

VARIABLE = "CROSSTALK_OBSERVE"
_PROBE_SECONDS = 0.3
_STACK_LINES = 12


class Observer:
    """Serves what the instrumented libraries report.

    Args:
        plan: Configuration.
        request: Returns the id of the request that runs now.
    """

    def __init__(self, plan: ObserverPlan, request: Callable[[], str]) -> None:
        self._plan = plan
        self._instrumentation = Instrumentation(plan, request)
        self.ledger = self._instrumentation.ledger

    def start(self) -> None:
        """Instrument the libraries, and serve."""
        self._instrumentation.install()
        if self._plan.dump:
            # It must stay open: the handler writes to its descriptor.
            self._dump = open(self._plan.dump, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            faulthandler.register(signal.SIGUSR1, file=self._dump, all_threads=True)
        handler = _handler(
            {
                "/": self.requests,
                "/traces": lambda: {"since": self.ledger.since, "requests": self.ledger.traces()},
                "/steps": lambda: self.ledger.steps,
                "/stacks": self.stacks,
                "/pools": self.pools,
                "/tasks": self.tasks,
            }
        )
        server = ThreadingHTTPServer(("127.0.0.1", self._plan.port), handler)
        threading.Thread(target=server.serve_forever, name="observer", daemon=True).start()

    def requests(self) -> dict[str, Any]:
        """Return the state of requests; those that could proceed wait for a blocked loop."""
        responsive = self._loop_responds()
        active = self.ledger.active()
        if not responsive:
            for entry in active.values():
                if not entry["wants"]:
                    entry["wants"].append(self._plan.loop)
        return {"loop_turns": responsive, "requests": active}

    def stacks(self) -> dict[str, list[str]]:
        """Return the stack of each thread and each task."""
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        found = {
            f"thread {names.get(ident, ident)}": _lines(traceback.extract_stack(frame))
            for ident, frame in sys._current_frames().items()
        }
        if self._instrumentation.loop is not None:
            for task in asyncio.all_tasks(self._instrumentation.loop):
                frames = [(frame, frame.f_lineno) for frame in task.get_stack()]
                summary = traceback.StackSummary.extract(iter(frames))
                found[f"task {task.get_name()}"] = _lines(summary)
        return found

    def pools(self) -> list[dict[str, int]]:
        """Return the figures of each connection pool."""
        return [
            {
                "size": pool.size(),
                "overflow": max(0, pool.overflow()),
                "checked_out": pool.checkedout(),
                "idle": pool.checkedin(),
            }
            for pool in list(self._instrumentation.pools)
        ]

    def tasks(self) -> int:
        """Return the number of tasks of the event loop."""
        return (
            len(asyncio.all_tasks(self._instrumentation.loop))
            if self._instrumentation.loop is not None
            else 0
        )

    def _loop_responds(self) -> bool:
        if self._instrumentation.loop is None:
            return True
        ran = threading.Event()
        self._instrumentation.loop.call_soon_threadsafe(ran.set)
        return ran.wait(_PROBE_SECONDS)


def install() -> None:
    """Observe this process, if the environment asks for it."""
    plan = os.environ.get(VARIABLE)
    if not plan:
        return
    from system.wire.logs import request_id

    Observer(ObserverPlan(**json.loads(plan)), request_id.get).start()


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
            """Log nothing."""

    return Handler


def _lines(summary: traceback.StackSummary) -> list[str]:
    return [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in summary[-_STACK_LINES:]
    ]
