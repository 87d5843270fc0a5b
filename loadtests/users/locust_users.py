"""Users for Locust: a closed loop, and arrivals at a constant rate.

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

from loadtests.observer.requests import MIX, LoadRequest, add_task
from loadtests.report.counts import Counts
from loadtests.users.accounts import Account

_KINDS = list(MIX)
_WEIGHTS = list(MIX.values())


class ClosedLoopUser(FastHttpUser):
    """Sends one request after the other, each after the answer to the one before.

    Attributes:
        counts: Of the phase.
        mcp_url: The MCP endpoint.
        new_account: Returns the account of a new user.
        closing: A user stops after the answer under way.
    """

    abstract = True
    wait_time = between(0.2, 1.0)
    network_timeout = 600.0
    counts: Counts
    mcp_url: str
    new_account: Callable[[], Account]
    closing = False

    def on_start(self) -> None:
        """Store a task with the user's marker."""
        self._account = type(self).new_account()
        self._send(add_task(self._account, self.mcp_url))

    @task
    def send_next(self) -> None:
        """Send a random request of the mix."""
        if self.closing:
            raise StopUser()
        kind = random.choices(_KINDS, _WEIGHTS)[0]  # noqa: S311
        self._send(kind(self._account, self.mcp_url))

    def _send(self, call: LoadRequest) -> None:
        send(self.client, self.counts, self._account, call)


class OpenArrivals(FastHttpUser):
    """Sends requests at a constant rate, whether earlier ones are answered or not.

    Latency counts from the intended start of a request.

    Attributes:
        counts: Of the phase.
        mcp_url: The MCP endpoint.
        accounts: Senders, round robin; each has a task with its marker.
        rate: Requests a second, at random moments (a Poisson process).
        seconds: Duration.
        grace: Seconds to wait for requests under way when the test is stopped.
    """

    abstract = True
    fixed_count = 1
    wait_time = constant(0)
    network_timeout = 600.0
    concurrency = 2_000
    grace = 0.0
    counts: Counts
    mcp_url: str
    accounts: list[Account]
    rate: float
    seconds: float
    ended: Event

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._under_way = Group()

    def pick(self, account: Account) -> LoadRequest:
        """Choose the request of one arrival."""
        return random.choices(_KINDS, _WEIGHTS)[0](account, self.mcp_url)  # noqa: S311

    @task
    def arrive(self) -> None:
        """Send every request at its time, then wait for the answers."""
        due = time.monotonic()
        until = due + self.seconds
        number = 0
        while (due := due + random.expovariate(self.rate)) < until:
            gevent.sleep(max(0.0, due - time.monotonic()))
            account = self.accounts[number % len(self.accounts)]
            number += 1
            call = self.pick(account)
            self._under_way.spawn(send, self.client, self.counts, account, call, due)
        self._under_way.join()
        self.ended.set()
        raise StopUser()

    def on_stop(self) -> None:
        """Wait for requests under way; one without an answer by then is an error."""
        self._under_way.join(timeout=self.grace)
        for _ in range(len(self._under_way)):
            self.counts.errors["no answer by the end"] += 1
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
    counts: Counts,
    account: Account,
    call: LoadRequest,
    due: float | None = None,
) -> None:
    """Send a request, count its outcome, and search the answer for other users' texts.

    Args:
        client: Locust's.
        counts: Of the phase.
        account: The sender.
        call: The request.
        due: Intended start in monotonic seconds; now by default.
    """
    counts.watchdog.begin()
    try:
        _send(client, counts, account, call, time.monotonic() if due is None else due)
    except gevent.GreenletExit:
        counts.watchdog.withdraw()
        raise


def _send(
    client: FastHttpSession, counts: Counts, account: Account, call: LoadRequest, began: float
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
        # Locust's own figures count from the intended start as well.
        response.request_meta["response_time"] = took
        text = response.text or ""
        failure = call.failure(response.status_code, text or str(response.error or ""))
        foreign = account.subject.foreign(text)
        if failure is not None:
            counts.failed(call.kind, failure)
            response.failure(failure[:200])
        else:
            counts.answered(call.kind, account.subject, text, took)
        if foreign:
            response.failure("another user's text in the answer")
