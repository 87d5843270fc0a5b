"""Share of the token check in a request's processor time, the issuer's keys being known.

A request's time is what the service's process uses for one; the check's is what the same verifier
uses for the same token here. A token is checked in full when it is first seen, and remembered by
its hash until it expires, so both are measured: a client's next request, and a new token for each.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable

from benchmarks.cpu import cpu_seconds
from benchmarks.figures import Figure, Goal, alternate
from benchmarks.fixture import Fixture
from benchmarks.listing import list_tasks_call
from benchmarks.wire import Prepared, drive, request
from crosstalk.tokens import BACKEND_AUDIENCE
from system.identity import TokenVerifier, TrustedIssuer

_USERS = 8
_NEW_TOKENS = 400
_AGAIN = 20_000


async def measure(fixture: Fixture) -> list[Figure]:
    """Measure the figures of this benchmark."""
    running = fixture.system()
    users = [f"check-{secrets.token_hex(4)}" for _ in range(_USERS)]
    issuer = TrustedIssuer(
        issuer=running.issuer.url,
        jwks_url=f"{running.issuer.url}/.well-known/jwks.json",
        audience=BACKEND_AUDIENCE,
        algorithms=("EdDSA",),
    )
    verifier = TokenVerifier([issuer])

    def token(user: str) -> str:
        return running.issuer.mint(user, audience=BACKEND_AUDIENCE, ttl=3_600)

    rest = [
        request(
            "GET",
            f"{running.backend_url}/api/{user}/tasks",
            {"Authorization": f"Bearer {token(user)}"},
        )
        for user in users
    ]
    tools = [list_tasks_call(running, user) for user in users]
    held = token(users[0])
    await verifier.verify(held)

    async def again() -> float:
        began = time.process_time()
        for _ in range(_AGAIN):
            await verifier.verify(held)
        return 1e6 * (time.process_time() - began) / _AGAIN

    async def new() -> float:
        tokens = [token(users[0]) for _ in range(_NEW_TOKENS)]
        began = time.process_time()
        for each in tokens:
            await verifier.verify(each)
        return 1e6 * (time.process_time() - began) / _NEW_TOKENS

    def of(requests: list[Prepared], service: str) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            pid = running.services[service].pid
            before = cpu_seconds(pid)
            driven = await drive(
                requests, seconds=fixture.seconds, good=lambda status, body, sent: status == 200
            )
            return 1e6 * (cpu_seconds(pid) - before) / driven.answers

        return run

    figures = []
    for name, request_name, check, requests, service, goal in (
        ("rest", "a REST request", again, rest, "backend", Goal("most", 0.05)),
        ("tool", "a tool call", again, tools, "mcp", Goal("most", 0.05)),
        (
            "new-token-rest",
            "a REST request, each with a token not seen before",
            new,
            rest,
            "backend",
            None,
        ),
    ):
        figures.append(
            await alternate(
                f"token-check-{name}",
                f"processor time of the token check against that of {request_name}",
                "µs CPU",
                ours=check,
                anchor=of(requests, service),
                rounds=fixture.rounds,
                goal=goal,
            )
        )
    await verifier.aclose()
    return figures
