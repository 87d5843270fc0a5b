"""Load on a system that runs already: `locust -f loadtests/locustfile.py`.

It finds the system that `crosstalk up` runs (`CROSSTALK_RUN` names another run folder), mints
tokens for its users, and ends with status 1 if the system stalled or answered with another user's
text. Without a run folder, as in a container, set `CROSSTALK_BACKEND_URL`, `CROSSTALK_MCP_URL`,
`CROSSTALK_MCP_RESOURCE_URL` and `CROSSTALK_ISSUER_KEYS`.

`locust -f loadtests/locustfile.py People` are users who wait for their answers (a closed loop);
`... Visitors --arrival-rate 20` are requests at a constant rate (open arrivals). Distributed with
Locust's own `--master` and `--worker`, workers share the rate.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from gevent.event import Event
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from loadtests.observer.requests import add_task
from loadtests.report.verdict import LocustVerdict
from loadtests.users.accounts import load_target
from loadtests.users.locust_users import ClosedLoopUser, OpenArrivals

_TARGET = load_target()
_COUNTS = LocustVerdict().attach().counts
_SOURCES = "visitors' sources"


class People(ClosedLoopUser):
    """Users who wait for their answers."""

    host = _TARGET.backend_url
    counts = _COUNTS
    mcp_url = _TARGET.mcp_url
    new_account = staticmethod(_TARGET.account)


class Visitors(OpenArrivals):
    """Requests at a constant rate.

    Attributes:
        sources: Number of processes that share the rate.
    """

    host = _TARGET.backend_url
    counts = _COUNTS
    mcp_url = _TARGET.mcp_url
    seconds = float("inf")
    grace = 30.0
    sources = 1

    def on_start(self) -> None:
        """Make accounts, each with a task."""
        options = self.environment.parsed_options
        self.rate = options.arrival_rate / self.sources
        self.ended = Event()
        self.accounts = [_TARGET.account() for _ in range(options.visitors)]
        for account in self.accounts:
            call = add_task(account, self.mcp_url)
            self.client.post(call.path, json=call.body, headers=dict(call.headers), name=call.kind)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `Visitors`."""
    parser.add_argument(
        "--arrival-rate", type=float, default=10.0, help="requests a second of Visitors"
    )
    parser.add_argument("--visitors", type=int, default=50, help="number of accounts of Visitors")


@events.init.add_listener  # type: ignore[untyped-decorator]
def receive_share(runner: Any, **given: Any) -> None:
    """Have a worker receive the number of processes that share the rate."""
    if isinstance(runner, WorkerRunner):
        runner.register_message(_SOURCES, _take_share)


def _take_share(environment: Any, msg: Any, **given: Any) -> None:
    Visitors.sources = msg.data["sources"]


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def share(environment: Any, **given: Any) -> None:
    """Give each worker one source of arrivals, as far as there are users."""
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        sources = max(1, min(runner.worker_count, runner.target_user_count))
        Visitors.fixed_count = sources
        runner.send_message(_SOURCES, {"sources": sources})
