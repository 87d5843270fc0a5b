"""The load itself, in a process of its own: Locust and gevent stay out of everything else.

`python -m loadtests.scenarios.phases` reads a phase a line (JSON) and writes its figures a line.
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

from loadtests.observer.client import look, steps
from loadtests.observer.requests import Call
from loadtests.report.counts import Tally
from loadtests.users.accounts import Account
from loadtests.users.people import Arrivals, Person, send

_LOOK_SECONDS = 0.1
_STANDSTILL_SECONDS = 1.0
# Who has no answer so long after the end has none.
_GRACE_SECONDS = 120.0


class Barrier:
    """Lets nobody on before all have come."""

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._waiting = 0
        self._open = Event()

    def wait(self) -> None:
        """Wait for the others."""
        self._waiting += 1
        if self._waiting < self._parties:
            self._open.wait()
            return
        opened, self._open, self._waiting = self._open, Event(), 0
        opened.set()


class Chatter(FastHttpUser):
    """Chats, each round at the same moment as everybody else."""

    abstract = True
    wait_time = constant(0)
    network_timeout = 600.0
    tally: Tally
    barrier: Barrier
    accounts: list[Account]
    rounds: int
    path: str
    body: dict[str, Any]

    def on_start(self) -> None:
        """Become one of the users."""
        self._account = self.accounts.pop()
        self._left = self.rounds

    @task
    def chat(self) -> None:
        """One chat, as long as there are rounds left."""
        if self._left == 0:
            raise StopUser()
        self._left -= 1
        self.barrier.wait()
        call = chat_at(self.path, self.body, self._account)
        send(self.client, self.tally, self._account, call)


def chat_at(path: str, body: Any, account: Account) -> Call:
    """A chat at a topology's endpoint, or ours."""
    headers = {
        "Authorization": f"Bearer {account.token}",
        "X-Request-ID": f"chat.{secrets.token_hex(8)}",
    }
    return Call("chat", "POST", path, headers, body)


def rounds(phase: dict[str, Any], tally: Tally) -> dict[str, Any]:
    """So many users chat at once, so many times; ends at the first stall."""
    users, times = phase["users"], phase["rounds"]
    members = {
        "host": phase["host"],
        "tally": tally,
        "barrier": Barrier(users),
        "rounds": times,
        "path": phase["path"],
        "body": phase["body"],
        "accounts": _accounts(phase)[:users],
    }
    return _run(
        phase,
        tally,
        type("_", (Chatter,), members),
        lambda: tally.watchdog.completed >= users * times,
    )


def people(phase: dict[str, Any], tally: Tally) -> dict[str, Any]:
    """People come and go as the stages say: pairs of seconds and how many there are by then."""
    accounts = itertools.cycle(_accounts(phase))
    members = {
        "host": phase["host"],
        "tally": tally,
        "mcp_url": phase["mcp_url"],
        "new_account": staticmethod(lambda: next(accounts)),
    }
    return _run(phase, tally, type("_", (Person,), members), lambda: False)


def arrivals(phase: dict[str, Any], tally: Tally) -> dict[str, Any]:
    """Requests arrive at a constant rate; the phase ends when the last is answered.

    They are chats where the phase has a path, and otherwise what people do.
    """
    ended = Event()
    path, body = phase.get("path"), phase.get("body")
    members = {
        "host": phase["host"],
        "tally": tally,
        "mcp_url": phase.get("mcp_url", ""),
        **({"pick": lambda self, account: chat_at(path, body, account)} if path else {}),
        "accounts": _accounts(phase),
        "rate": phase["rate"],
        "seconds": phase["arriving"],
        "ended": ended,
    }
    return _run(phase, tally, type("_", (Arrivals,), members), ended.is_set)


def _accounts(phase: dict[str, Any]) -> list[Account]:
    return [Account.from_plain(each) for each in phase["accounts"]]


def _run(
    phase: dict[str, Any], tally: Tally, user: type[FastHttpUser], over: Callable[[], bool]
) -> dict[str, Any]:
    """Let users of this class run until it is over, the time is up, or they stand still."""
    environment = Environment(user_classes=[user], events=events)
    runner = environment.create_local_runner()
    stages = list(phase.get("stages") or [(phase["seconds"], phase["users"])])
    began = time.monotonic()
    until = began
    seen: dict[str, Any] | None = None
    while seen is None and stages:
        lasts, users = stages.pop(0)
        until += lasts
        runner.start(users, spawn_rate=max(1.0, users / phase.get("spawn_seconds", 1.0)))
        while seen is None and time.monotonic() < until and not over():
            gevent.sleep(_LOOK_SECONDS)
            if tally.watchdog.look() is not None:
                seen = standstill(tally, phase)
    if seen is None:
        seen = _drain(phase, tally, user)
    figures = tally.figures()
    seconds = round(time.monotonic() - began, 2)
    html = get_html_report(environment, show_download_link=False)  # type: ignore[no-untyped-call]
    runner.quit()
    return {**figures, "seconds": seconds, "seen": seen, "html": html}


def _drain(phase: dict[str, Any], tally: Tally, user: type[FastHttpUser]) -> dict[str, Any] | None:
    """Let nobody begin anything more, and wait for what was begun."""
    if issubclass(user, Person):
        user.closing = True
    seen: dict[str, Any] | None = None
    until = time.monotonic() + _GRACE_SECONDS
    while seen is None and tally.watchdog.in_flight and time.monotonic() < until:
        gevent.sleep(_LOOK_SECONDS)
        if tally.watchdog.look() is not None:
            seen = standstill(tally, phase)
    return seen


def standstill(tally: Tally, phase: dict[str, Any]) -> dict[str, Any] | None:
    """What is seen in a stall; None if something still moves, which is slow and no stall."""
    observers = phase["observers"]
    before = steps(observers)
    gevent.sleep(_STANDSTILL_SECONDS)
    if observers and steps(observers) != before:
        tally.watchdog.dismiss()
        return None
    return look(observers, phase.get("pids"))


_KINDS = {"rounds": rounds, "people": people, "arrivals": arrivals}


def main() -> None:
    """Serve phases until the input ends."""
    for line in sys.stdin:
        phase = json.loads(line)
        tally = Tally.create(phase["patience"])
        figures = _KINDS[phase["kind"]](phase, tally)
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
