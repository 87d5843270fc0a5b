"""Load on a system that runs already: `locust -f loadtests/locustfile.py`.

It finds the system that `crosstalk up` runs (`CROSSTALK_RUN` names another run folder), mints
tokens for its users, and ends with status 1 if the system stalled or showed anybody another's text.

`locust -f loadtests/locustfile.py People` are users who wait for their answers; `... Visitors
--arrival-rate 20` are requests that arrive at a constant rate and wait for nobody.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import gevent
from gevent.event import Event
from locust import events

from loadtests.accounts import of_running_system
from loadtests.people import Arrivals, Person
from loadtests.requests import add_task
from loadtests.tally import Tally

_PLACE = of_running_system()
_TALLY = Tally.create(patience=10.0)
_LOOK_SECONDS = 0.5


class People(Person):
    """Users who wait for their answers."""

    host = _PLACE.backend_url
    tally = _TALLY
    mcp_url = _PLACE.mcp_url
    new_account = staticmethod(_PLACE.account)


class Visitors(Arrivals):
    """Requests at a constant rate."""

    host = _PLACE.backend_url
    tally = _TALLY
    mcp_url = _PLACE.mcp_url
    seconds = float("inf")

    def on_start(self) -> None:
        """Have accounts with tasks."""
        options = self.environment.parsed_options
        self.rate = options.arrival_rate
        self.ended = Event()
        self.accounts = [_PLACE.account() for _ in range(options.visitors)]
        for account in self.accounts:
            call = add_task(account, self.mcp_url)
            self.client.post(call.path, json=call.body, headers=dict(call.headers), name=call.kind)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_arguments(parser: ArgumentParser) -> None:
    """Options of ours."""
    parser.add_argument("--arrival-rate", type=float, default=10.0, help="Visitors a second")
    parser.add_argument("--visitors", type=int, default=50, help="Accounts that visitors have")


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def watch(**given: Any) -> None:
    """Look for stalls while the test runs."""
    gevent.spawn(_watch)


def _watch() -> None:
    while True:
        gevent.sleep(_LOOK_SECONDS)
        stall = _TALLY.watchdog.look()
        if stall is not None:
            print(f"STALL: nothing answered for {stall.seconds:.0f} s, {stall.in_flight} waiting")


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def judge(environment: Any, **given: Any) -> None:
    """The verdict as exit status."""
    figures = _TALLY.figures()
    for key in ("requests", "unfinished", "errors", "stalls", "foreign", "own"):
        print(f"{key:>10}  {figures[key]}")
    # Locust stops people in the middle of what they do; only arrivals must all be answered.
    if figures["stalls"] or figures["foreign"]:
        environment.process_exit_code = 1
