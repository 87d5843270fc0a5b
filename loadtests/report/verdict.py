"""Verdict of a run under Locust's own command, alone or distributed: counts, stalls, exit status.

Workers send their counts to the master with Locust's own reports, so that the master detects a
stall of the whole and has the verdict. A worker ends with status 1 for its own share alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import gevent
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from crosstalk.deadlock.watchdog import Watchdog
from loadtests.report.counts import Counts

_PATIENCE_SECONDS = 10.0
# Workers report to their master every three seconds.
_MASTER_PATIENCE_SECONDS = 15.0
# Arrivals under way are waited for, and a report comes every three seconds.
_CLOSING_SECONDS = 40.0
_LOOK_SECONDS = 0.5
_KEY = "crosstalk"
_CLOSING = "crosstalk closing"
_SUMMED = ("requests", "completed", "unfinished", "errors", "stalls", "foreign", "own")


class LocustVerdict:
    """Collects counts from Locust's events, and decides the exit status when it ends.

    Attributes:
        counts: Of the users of this process.
    """

    def __init__(self) -> None:
        self.counts = Counts.create(_PATIENCE_SECONDS)
        self._master_watchdog = Watchdog(_MASTER_PATIENCE_SECONDS, time.monotonic)
        self._shares: dict[str, Mapping[str, int]] = {}
        self._reported: set[str] = set()
        self._runner: Any = None

    def attach(self) -> LocustVerdict:
        """Subscribe to Locust's events."""
        listeners: dict[Any, Any] = {
            events.init: self._init,
            events.report_to_master: self._report,
            events.worker_report: self._add_share,
            events.test_stopping: self._collect_last_reports,
            events.quitting: self._decide,
        }
        for event, listener in listeners.items():
            event.add_listener(listener)
        return self

    def totals(self) -> dict[str, int]:
        """Return the counts of this process, or on a master those of all workers together."""
        own = self.counts.figures()
        totals = {key: int(own[key]) for key in _SUMMED}
        for share in self._shares.values():
            for key in _SUMMED:
                totals[key] += share.get(key, 0)
        totals["stalls"] += len(self._master_watchdog.stalls)
        return totals

    def _init(self, environment: Any, runner: Any, **given: Any) -> None:
        self._runner = runner
        # A worker with few users is silent for a while without anything being wrong.
        if isinstance(runner, WorkerRunner):
            runner.register_message(_CLOSING, _stop, concurrent=True)
        else:
            gevent.spawn(self._watch)

    def _watch(self) -> None:
        is_master = isinstance(self._runner, MasterRunner)
        watchdog = self._master_watchdog if is_master else self.counts.watchdog
        while True:
            gevent.sleep(_LOOK_SECONDS)
            stall = watchdog.look()
            if stall is not None:
                waiting = f"{stall.in_flight} waiting"
                print(f"STALL: nothing answered for {stall.seconds:.0f} s, {waiting}", flush=True)

    def _report(self, client_id: str, data: dict[str, Any], **given: Any) -> None:
        data[_KEY] = self.totals()

    def _add_share(self, client_id: str, data: Mapping[str, Any], **given: Any) -> None:
        if _KEY in data:
            self._reported.add(client_id)
            self._shares[client_id] = data[_KEY]
            totals = self.totals()
            self._master_watchdog.report(totals["requests"], totals["completed"])

    def _decide(self, environment: Any, **given: Any) -> None:
        totals = self.totals()
        if not totals["requests"]:
            return
        for key, count in totals.items():
            print(f"{key:>10}  {count}", flush=True)
        if totals["stalls"] or totals["foreign"]:
            environment.process_exit_code = 1

    def _collect_last_reports(self, environment: Any, **given: Any) -> None:
        """Wait for the workers' last reports: a headless master ends them half a second later."""
        if not isinstance(self._runner, MasterRunner) or not environment.parsed_options.headless:
            return
        self._runner.send_message(_CLOSING)
        self._reported.clear()
        until = time.monotonic() + _CLOSING_SECONDS
        while not self._settled() and time.monotonic() < until:
            gevent.sleep(_LOOK_SECONDS)

    def _settled(self) -> bool:
        waiting = any(share["unfinished"] for share in self._shares.values())
        return self._reported >= self._shares.keys() and not waiting


def _stop(environment: Any, msg: Any, **given: Any) -> None:
    environment.runner.stop()
