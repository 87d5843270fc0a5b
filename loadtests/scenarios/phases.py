"""Load generator in a process of its own: Locust and gevent stay out of every other module.

`python -m loadtests.scenarios.phases` reads one phase a line (JSON) and writes its figures a line.
"""

# Locust patches the standard library, so it comes first.
from locust import constant, events, task  # isort: skip
from locust.contrib.fasthttp import FastHttpUser  # isort: skip
from locust.env import Environment  # isort: skip
from locust.exception import StopUser  # isort: skip
from locust.html import get_html_report  # isort: skip

import itertools
import json
import secrets
import sys
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event

from loadtests.observer.client import progress, snapshot
from loadtests.observer.requests import LoadRequest
from loadtests.report.counts import Counts
from loadtests.users.accounts import Account
from loadtests.users.locust_users import ClosedLoopUser, OpenArrivals, send

_LOOK_SECONDS = 0.1
_CONFIRMATION_SECONDS = 1.0
# Seconds after the end in which an answer still counts.
_GRACE_SECONDS = 120.0


class Barrier:
    """Holds parties until all of them wait."""

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._waiting = 0
        self._open = Event()

    def wait(self) -> None:
        """Wait for the other parties."""
        self._waiting += 1
        if self._waiting < self._parties:
            self._open.wait()
            return
        opened, self._open, self._waiting = self._open, Event(), 0
        opened.set()


class SimultaneousUser(FastHttpUser):
    """Chats, in each round at the same moment as all other users."""

    abstract = True
    wait_time = constant(0)
    network_timeout = 600.0
    counts: Counts
    barrier: Barrier
    accounts: list[Account]
    rounds: int
    path: str
    body: dict[str, Any]

    def on_start(self) -> None:
        """Take one of the accounts."""
        self._account = self.accounts.pop()
        self._left = self.rounds

    @task
    def chat(self) -> None:
        """Send one chat, as long as there are rounds left."""
        if self._left == 0:
            raise StopUser()
        self._left -= 1
        self.barrier.wait()
        call = chat_at(self.path, self.body, self._account)
        send(self.client, self.counts, self._account, call)


def chat_at(path: str, body: Any, account: Account) -> LoadRequest:
    """Make a chat at an endpoint of a topology or of the reference system."""
    headers = {
        "Authorization": f"Bearer {account.token}",
        "X-Request-ID": f"chat.{secrets.token_hex(8)}",
    }
    return LoadRequest("chat", "POST", path, headers, body)


def simultaneous_chats(phase: dict[str, Any], counts: Counts) -> dict[str, Any]:
    """Let all users chat at the same moment, `rounds` times; ends at the first stall."""
    users, times = phase["users"], phase["rounds"]
    members = {
        "host": phase["host"],
        "counts": counts,
        "barrier": Barrier(users),
        "rounds": times,
        "path": phase["path"],
        "body": phase["body"],
        "accounts": _accounts(phase)[:users],
    }
    return _run(
        phase,
        counts,
        type("_", (SimultaneousUser,), members),
        lambda: counts.watchdog.completed >= users * times,
    )


def staged_users(phase: dict[str, Any], counts: Counts) -> dict[str, Any]:
    """Run closed-loop users; `stages` are pairs of seconds and the number of users meanwhile."""
    accounts = itertools.cycle(_accounts(phase))
    members = {
        "host": phase["host"],
        "counts": counts,
        "mcp_url": phase["mcp_url"],
        "new_account": staticmethod(lambda: next(accounts)),
    }
    return _run(phase, counts, type("_", (ClosedLoopUser,), members), lambda: False)


def open_arrivals(phase: dict[str, Any], counts: Counts) -> dict[str, Any]:
    """Send requests at a constant rate; the phase ends when the last is answered.

    They are chats where the phase has a path, and otherwise the mix of requests.
    """
    ended = Event()
    path, body = phase.get("path"), phase.get("body")
    members = {
        "host": phase["host"],
        "counts": counts,
        "mcp_url": phase.get("mcp_url", ""),
        **({"pick": lambda self, account: chat_at(path, body, account)} if path else {}),
        "accounts": _accounts(phase),
        "rate": phase["rate"],
        "seconds": phase["arriving"],
        "ended": ended,
    }
    return _run(phase, counts, type("_", (OpenArrivals,), members), ended.is_set)


def _accounts(phase: dict[str, Any]) -> list[Account]:
    return [Account.from_dict(each) for each in phase["accounts"]]


def _run(
    phase: dict[str, Any], counts: Counts, user: type[FastHttpUser], over: Callable[[], bool]
) -> dict[str, Any]:
    """Run users of this class until the phase is over, the time is up, or they stall."""
    environment = Environment(user_classes=[user], events=events)
    runner = environment.create_local_runner()
    stages = list(phase.get("stages") or [(phase["seconds"], phase["users"])])
    began = time.monotonic()
    until = began
    stalled: dict[str, Any] | None = None
    while stalled is None and stages:
        lasts, users = stages.pop(0)
        until += lasts
        runner.start(users, spawn_rate=max(1.0, users / phase.get("spawn_seconds", 1.0)))
        while stalled is None and time.monotonic() < until and not over():
            gevent.sleep(_LOOK_SECONDS)
            if counts.watchdog.look() is not None:
                stalled = confirm_stall(counts, phase)
    if stalled is None:
        stalled = _drain(phase, counts, user)
    figures = counts.figures()
    seconds = round(time.monotonic() - began, 2)
    html = get_html_report(environment, show_download_link=False)  # type: ignore[no-untyped-call]
    runner.quit()
    return {**figures, "seconds": seconds, "snapshot": stalled, "html": html}


def _drain(
    phase: dict[str, Any], counts: Counts, user: type[FastHttpUser]
) -> dict[str, Any] | None:
    """Start no more requests, and wait for those under way."""
    if issubclass(user, ClosedLoopUser):
        user.closing = True
    stalled: dict[str, Any] | None = None
    until = time.monotonic() + _GRACE_SECONDS
    while stalled is None and counts.watchdog.in_flight and time.monotonic() < until:
        gevent.sleep(_LOOK_SECONDS)
        if counts.watchdog.look() is not None:
            stalled = confirm_stall(counts, phase)
    return stalled


def confirm_stall(counts: Counts, phase: dict[str, Any]) -> dict[str, Any] | None:
    """Return a snapshot of the stall; None if a resource still changes hands: slow, not stalled."""
    observers = phase["observers"]
    before = progress(observers)
    gevent.sleep(_CONFIRMATION_SECONDS)
    if observers and progress(observers) != before:
        counts.watchdog.dismiss()
        return None
    return snapshot(observers, phase.get("pids"))


_KINDS = {"rounds": simultaneous_chats, "people": staged_users, "arrivals": open_arrivals}


def main() -> None:
    """Run phases until the input ends."""
    for line in sys.stdin:
        phase = json.loads(line)
        counts = Counts.create(phase["patience"])
        figures = _KINDS[phase["kind"]](phase, counts)
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
