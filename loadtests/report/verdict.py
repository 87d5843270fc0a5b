"""What a run under Locust's own command comes to, alone or distributed: counts, stalls, status.

Workers send their counts to the master with Locust's own reports, so that it is the master who sees
whether anything is answered at all, and who has the verdict. A worker ends with status 1 for its
own share alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import gevent
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from crosstalk.deadlock.watchdog import Watchdog
from loadtests.report.counts import Tally

_PATIENCE_SECONDS = 10.0
# A master hears of its workers every three seconds.
_PATIENCE_FROM_AFAR_SECONDS = 15.0
# Visitors who have arrived are waited for, and a report comes every three seconds.
_LAST_WORDS_SECONDS = 40.0
_LOOK_SECONDS = 0.5
_KEY = "crosstalk"
_CLOSING = "crosstalk closing"
_COUNTS = ("requests", "completed", "unfinished", "errors", "stalls", "foreign", "own")


class Judge:
    """Listens to Locust, and judges when it ends.

    Attributes:
        tally: Counts what the users of this process do.
    """

    def __init__(self) -> None:
        self.tally = Tally.create(_PATIENCE_SECONDS)
        self._afar = Watchdog(_PATIENCE_FROM_AFAR_SECONDS, time.monotonic)
        self._shares: dict[str, Mapping[str, int]] = {}
        self._heard: set[str] = set()
        self._runner: Any = None

    def attach(self) -> Judge:
        """Listen from now on."""
        listeners: dict[Any, Any] = {
            events.init: self._init,
            events.report_to_master: self._report,
            events.worker_report: self._hear,
            events.test_stopping: self._let_end,
            events.quitting: self._judge,
        }
        for event, listener in listeners.items():
            event.add_listener(listener)
        return self

    def counts(self) -> dict[str, int]:
        """Of this process, or on a master of all workers together."""
        own = self.tally.figures()
        counts = {key: int(own[key]) for key in _COUNTS}
        for share in self._shares.values():
            for key in _COUNTS:
                counts[key] += share.get(key, 0)
        counts["stalls"] += len(self._afar.stalls)
        return counts

    def _init(self, environment: Any, runner: Any, **given: Any) -> None:
        self._runner = runner
        # A worker with few users is silent for a while without anything being wrong.
        if isinstance(runner, WorkerRunner):
            runner.register_message(_CLOSING, _stop, concurrent=True)
        else:
            gevent.spawn(self._watch)

    def _watch(self) -> None:
        watchdog = self._afar if isinstance(self._runner, MasterRunner) else self.tally.watchdog
        while True:
            gevent.sleep(_LOOK_SECONDS)
            stall = watchdog.look()
            if stall is not None:
                waiting = f"{stall.in_flight} waiting"
                print(f"STALL: nothing answered for {stall.seconds:.0f} s, {waiting}", flush=True)

    def _report(self, client_id: str, data: dict[str, Any], **given: Any) -> None:
        data[_KEY] = self.counts()

    def _hear(self, client_id: str, data: Mapping[str, Any], **given: Any) -> None:
        if _KEY in data:
            self._heard.add(client_id)
            self._shares[client_id] = data[_KEY]
            counts = self.counts()
            self._afar.report(counts["requests"], counts["completed"])

    def _judge(self, environment: Any, **given: Any) -> None:
        counts = self.counts()
        if not counts["requests"]:
            return
        for key, count in counts.items():
            print(f"{key:>10}  {count}", flush=True)
        if counts["stalls"] or counts["foreign"]:
            environment.process_exit_code = 1

    def _let_end(self, environment: Any, **given: Any) -> None:
        """A master without a page ends its workers half a second later; let them tell first."""
        if not isinstance(self._runner, MasterRunner) or not environment.parsed_options.headless:
            return
        self._runner.send_message(_CLOSING)
        self._heard.clear()
        until = time.monotonic() + _LAST_WORDS_SECONDS
        while not self._settled() and time.monotonic() < until:
            gevent.sleep(_LOOK_SECONDS)

    def _settled(self) -> bool:
        waiting = any(share["unfinished"] for share in self._shares.values())
        return self._heard >= self._shares.keys() and not waiting


def _stop(environment: Any, msg: Any, **given: Any) -> None:
    environment.runner.stop()
