"""Load by users who sign up at the frontend: `locust -f loadtests/users/signed_up.py`.

Made for the system in containers, where no test issuer mints tokens: each user gets an account of
the frontend and sends by REST and chat what a browser sends; the MCP server is reached only through
the backend. `SIGN_IN_URL` is the frontend's address, `SIGN_IN_ORIGIN` its public origin where that
differs. A stall, or another user's text, ends it with status 1 (`loadtests.report.verdict`).
"""

from __future__ import annotations

import os
import random
import secrets
import time
from dataclasses import dataclass
from typing import Any

import gevent
import requests
from locust import FastHttpUser, between, task
from locust.exception import StopUser

from loadtests.observer.requests import MIX, add_task, call_tool
from loadtests.report.counts import MarkedSubject
from loadtests.report.verdict import LocustVerdict
from loadtests.users.accounts import Account
from loadtests.users.locust_users import send

_SIGN_IN = os.environ.get("SIGN_IN_URL", "http://localhost:3000").rstrip("/")
_ORIGIN = os.environ.get("SIGN_IN_ORIGIN", _SIGN_IN).rstrip("/")
_SECONDS = 30.0
# Well inside the five minutes that a token lives.
_RENEW_SECONDS = 120.0
# Sign-ups are limited by address, a handful in ten seconds.
_PAUSES = (3.0, 7.0, 10.0, 10.0, 10.0)
_MIX = {kind: weight for kind, weight in MIX.items() if kind is not call_tool}
_COUNTS = LocustVerdict().attach().counts


@dataclass(slots=True)
class SignedUpAccount:
    """An account of the frontend with its current token.

    Attributes:
        subject: The user that the tokens name, with a marker.
    """

    subject: MarkedSubject
    _session: requests.Session
    _token: str = ""
    _since: float = 0.0

    @classmethod
    def create(cls) -> SignedUpAccount:
        """Sign up at the frontend.

        Raises:
            requests.RequestException: The frontend cannot be reached, or refuses.
        """
        name = f"load-{secrets.token_hex(6)}"
        session = requests.Session()
        session.headers["Origin"] = _ORIGIN
        person = {"name": name, "email": f"{name}@example.com", "password": secrets.token_urlsafe()}
        address = f"{_SIGN_IN}/api/auth/sign-up/email"
        answer = session.post(address, json=person, timeout=_SECONDS)
        answer.raise_for_status()
        marker = MarkedSubject.create().marker
        return cls(MarkedSubject(answer.json()["user"]["id"], marker), session)

    def account(self) -> Account:
        """Return the account with a token that stays valid for a while."""
        if time.monotonic() - self._since > _RENEW_SECONDS or not self._token:
            answer = self._session.get(f"{_SIGN_IN}/api/auth/token", timeout=_SECONDS)
            answer.raise_for_status()
            self._token, self._since = answer.json()["token"], time.monotonic()
        return Account(self.subject, self._token)


class Members(FastHttpUser):
    """Users with accounts, each a closed loop."""

    wait_time = between(0.2, 1.0)
    network_timeout = 600.0

    def on_start(self) -> None:
        """Sign up, again while the rate limit refuses, and store a task with the marker."""
        for pause in _PAUSES:
            try:
                self._signed_up = SignedUpAccount.create()
                self._send(add_task)
            except requests.RequestException as error:
                self._report(error)
                gevent.sleep(pause)
            else:
                return
        raise StopUser()

    @task
    def send_next(self) -> None:
        """Send a random request of the mix."""
        self._send(random.choices(list(_MIX), list(_MIX.values()))[0])  # noqa: S311

    def _report(self, error: Exception) -> None:
        found = {"user_instance": self, "exception": error, "tb": error.__traceback__}
        self.environment.events.user_error.fire(**found)

    def _send(self, kind: Any) -> None:
        account = self._signed_up.account()
        send(self.client, _COUNTS, account, kind(account, ""))
