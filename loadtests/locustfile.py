"""Load on a system that runs already: `locust -f loadtests/locustfile.py`.

It finds the system that `crosstalk up` runs (`CROSSTALK_RUN` names another run folder), mints
tokens for its users, and ends with status 1 if the system stalled or showed anybody another's text.
Where no run folder is at hand, as in a container, `CROSSTALK_BACKEND_URL`, `CROSSTALK_MCP_URL`,
`CROSSTALK_MCP_RESOURCE_URL` and `CROSSTALK_ISSUER_KEYS` say the same.

`locust -f loadtests/locustfile.py People` are users who wait for their answers; `... Visitors
--arrival-rate 20` are requests that arrive at a constant rate and wait for nobody. Distributed with
Locust's own `--master` and `--worker`, workers share the rate.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from gevent.event import Event
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from loadtests.observer.requests import add_task
from loadtests.report.verdict import Judge
from loadtests.users.accounts import of_running_system
from loadtests.users.people import Arrivals, Person

_PLACE = of_running_system()
_TALLY = Judge().attach().tally
_SOURCES = "visitors' sources"


class People(Person):
    """Users who wait for their answers."""

    host = _PLACE.backend_url
    tally = _TALLY
    mcp_url = _PLACE.mcp_url
    new_account = staticmethod(_PLACE.account)


class Visitors(Arrivals):
    """Requests at a constant rate.

    Attributes:
        sources: Among how many processes the rate is shared.
    """

    host = _PLACE.backend_url
    tally = _TALLY
    mcp_url = _PLACE.mcp_url
    seconds = float("inf")
    grace = 30.0
    sources = 1

    def on_start(self) -> None:
        """Have accounts with tasks."""
        options = self.environment.parsed_options
        self.rate = options.arrival_rate / self.sources
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


@events.init.add_listener  # type: ignore[untyped-decorator]
def listen(runner: Any, **given: Any) -> None:
    """A worker is told among how many the rate is shared."""
    if isinstance(runner, WorkerRunner):
        runner.register_message(_SOURCES, _take_share)


def _take_share(environment: Any, msg: Any, **given: Any) -> None:
    Visitors.sources = msg.data["sources"]


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def share(environment: Any, **given: Any) -> None:
    """A master gives each worker one source of arrivals, as far as there are users."""
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        sources = max(1, min(runner.worker_count, runner.target_user_count))
        Visitors.fixed_count = sources
        runner.send_message(_SOURCES, {"sources": sources})
