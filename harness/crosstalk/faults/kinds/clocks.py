"""Faults of clocks: an issuer's, seen in the times of its tokens.

The clock of a process cannot be set without changing the machine's. What a wrong clock of an issuer
does to the services is in its tokens, and those are made here with the times that it would write.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx2

from crosstalk.environment import RunningSystem
from crosstalk.faults.kinds.base import BrokenPromise, Fault, FaultySystem

_LIFETIME_SECONDS = 60
# TOKEN_LEEWAY_SECONDS is 10 in the services.
_WITHIN_SECONDS = (-6, 6)
_BEYOND_SECONDS = (-_LIFETIME_SECONDS - 30, 60)
_ATTEMPT_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@dataclass(frozen=True, slots=True)
class ClockSkew(Fault):
    """Tokens of an issuer whose clock is wrong, by less and by more than the services admit."""

    kind: ClassVar[str] = "clock skew"

    def inject(self, system: FaultySystem, seconds: float) -> None:
        """Present such tokens to both services for a while, each at least once.

        Raises:
            BrokenPromise: One within the leeway was refused, or one beyond it served.
        """
        deadline = time.monotonic() + seconds
        with httpx2.Client(trust_env=False, timeout=_ATTEMPT_SECONDS) as http:
            for number, (skew, refused) in enumerate(itertools.cycle(_skews())):
                if number >= len(list(_skews())) and time.monotonic() > deadline:
                    return
                for service, status in _statuses(http, system.running, skew):
                    if (status == 401) != refused:
                        raise BrokenPromise(
                            f"a token of an issuer whose clock is off by {skew} s: {service} "
                            f"answered {status}"
                        )
                time.sleep(_PAUSE_SECONDS)


def _skews() -> Iterator[tuple[int, bool]]:
    yield from ((each, False) for each in _WITHIN_SECONDS)
    yield from ((each, True) for each in _BEYOND_SECONDS)


def _statuses(http: httpx2.Client, running: RunningSystem, skew: int) -> Iterator[tuple[str, int]]:
    """Yield what each service answers to a token of each issuer that it trusts."""
    user, now = f"skew-{secrets.token_hex(6)}", int(time.time()) + skew
    times: dict[str, Any] = {"iat": now, "nbf": now, "exp": now + _LIFETIME_SECONDS}

    def bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}

    mine = f"{running.backend_url}/api/{user}/stats"
    yield "backend", http.get(mine, headers=bearer(running.mint(user, **times))).status_code
    for issuer in (running.issuer, running.exchanger):
        token = issuer.mint(user, audience=running.mcp_url, **times)
        answer = http.post(running.mcp_url, json=_PING, headers=bearer(token))
        yield f"mcp, by {issuer.url}", answer.status_code
