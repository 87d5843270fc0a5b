"""Locust's users: people who wait for their answers, and arrivals that wait for nobody.

Import after Locust, which patches the standard library.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust import between, constant, task
from locust.contrib.fasthttp import FastHttpSession, FastHttpUser
from locust.exception import StopUser

from loadtests.observer.requests import MIX, Call, add_task
from loadtests.report.counts import Tally
from loadtests.users.accounts import Account

_KINDS = list(MIX)
_WEIGHTS = list(MIX.values())


class Person(FastHttpUser):
    """Does what people do, one thing after the other: a closed loop.

    Attributes:
        tally: Counts what happens.
        mcp_url: The MCP endpoint.
        new_account: Gives each person an account.
        closing: Whoever has their answer goes home.
    """

    abstract = True
    wait_time = between(0.2, 1.0)
    network_timeout = 600.0
    tally: Tally
    mcp_url: str
    new_account: Callable[[], Account]
    closing = False

    def on_start(self) -> None:
        """Have a task with a marker."""
        self._account = type(self).new_account()
        self._send(add_task(self._account, self.mcp_url))

    @task
    def something(self) -> None:
        """One thing, by chance."""
        if self.closing:
            raise StopUser()
        kind = random.choices(_KINDS, _WEIGHTS)[0]  # noqa: S311
        self._send(kind(self._account, self.mcp_url))

    def _send(self, call: Call) -> None:
        send(self.client, self.tally, self._account, call)


class Arrivals(FastHttpUser):
    """Requests that begin when it is their time, whether others are answered or not.

    Their latency counts from the moment at which they were meant to begin.

    Attributes:
        tally: Counts what happens.
        mcp_url: The MCP endpoint.
        accounts: Who arrives, in turns; each has a task with their marker.
        rate: Arrivals a second, at random moments (a Poisson process).
        seconds: For how long.
        grace: How long those who have arrived are waited for when the test is stopped, in seconds.
    """

    abstract = True
    fixed_count = 1
    wait_time = constant(0)
    network_timeout = 600.0
    concurrency = 2_000
    grace = 0.0
    tally: Tally
    mcp_url: str
    accounts: list[Account]
    rate: float
    seconds: float
    ended: Event

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._under_way = Group()

    def pick(self, account: Account) -> Call:
        """What somebody who arrives does."""
        return random.choices(_KINDS, _WEIGHTS)[0](account, self.mcp_url)  # noqa: S311

    @task
    def arrive(self) -> None:
        """Let everybody arrive, then wait for their answers."""
        due = time.monotonic()
        until = due + self.seconds
        number = 0
        while (due := due + random.expovariate(self.rate)) < until:
            gevent.sleep(max(0.0, due - time.monotonic()))
            account = self.accounts[number % len(self.accounts)]
            number += 1
            call = self.pick(account)
            self._under_way.spawn(send, self.client, self.tally, account, call, due)
        self._under_way.join()
        self.ended.set()
        raise StopUser()

    def on_stop(self) -> None:
        """Let those who have arrived be answered; who is not by then counts as an error."""
        self._under_way.join(timeout=self.grace)
        for _ in range(len(self._under_way)):
            self.tally.errors["no answer by the end"] += 1
            self.environment.events.request.fire(
                request_type="open",
                name="no answer by the end",
                response_time=self.grace * 1000,
                response_length=0,
                context={},
                exception=TimeoutError("no answer by the end"),
            )
        self._under_way.kill(block=False)


def send(
    client: FastHttpSession,
    tally: Tally,
    account: Account,
    call: Call,
    due: float | None = None,
) -> None:
    """Send a request, count its outcome, look for other people's texts in the answer.

    Args:
        client: Locust's.
        tally: Counts what happens.
        account: Who sends it.
        call: What is sent.
        due: When it was meant to be sent, in monotonic seconds; now by default.
    """
    tally.watchdog.begin()
    try:
        _send(client, tally, account, call, time.monotonic() if due is None else due)
    except gevent.GreenletExit:
        tally.watchdog.withdraw()
        raise


def _send(
    client: FastHttpSession, tally: Tally, account: Account, call: Call, began: float
) -> None:
    with client.request(
        call.method,
        call.path,
        name=call.kind,
        json=call.body,
        headers=dict(call.headers),
        catch_response=True,
    ) as response:
        took = (time.monotonic() - began) * 1000
        # Locust's own figures count from the moment at which it was meant to be sent, too.
        response.request_meta["response_time"] = took
        text = response.text or ""
        fault = call.fault(response.status_code, text or str(response.error or ""))
        foreign = account.subject.foreign(text)
        if fault is not None:
            tally.failed(call.kind, fault)
            response.failure(fault[:200])
        else:
            tally.answered(call.kind, account.subject, text, took)
        if foreign:
            response.failure("another user's text in the answer")
