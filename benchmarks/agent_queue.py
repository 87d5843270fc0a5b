"""Queue of agents: concurrent chats with the queue, against all agents at once.

The same backend twice, on the same database, MCP server and model: as it is, and configured to run
every agent at once. A hundred users ask at the same moment; the waiting times of the first quarter,
half and all of them show the purpose of the queue. The last should not wait longer for it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from benchmarks.figures import Figure, alternate
from benchmarks.fixture import THINK_MS, Fixture
from benchmarks.wire import Prepared, burst, request
from crosstalk.tokens import BACKEND_AUDIENCE

_USERS = 100
_PATIENCE = 120.0
_ROUNDS = 2


async def measure(fixture: Fixture) -> list[Figure]:
    """Measure the figures of this benchmark."""
    running = fixture.system()
    unchanged: Mapping[str, str] = running.services["backend"].environment

    def all_at_once(url: str) -> Mapping[str, str]:
        port = str(urlsplit(url).port)
        changed = {"AGENT_MIN_RUNNING": "400", "BACKEND_PORT": port, "METRICS_PORT": ""}
        return {**unchanged, **changed}

    other, _ = fixture.service("backend-all-at-once", "system.backend", all_at_once)
    users = [f"turn-{secrets.token_hex(4)}" for _ in range(_USERS)]
    waited: dict[str, list[list[float]]] = {"turns": [], "all at once": []}

    def chats(base: str) -> list[Prepared]:
        tokens = (running.issuer.mint(u, audience=BACKEND_AUDIENCE, ttl=3_600) for u in users)
        message = {"message": "show my tasks"}
        return [
            request("POST", f"{base}/api/chat", {"Authorization": f"Bearer {each}"}, message)
            for each in tokens
        ]

    def median(name: str, requests: list[Prepared]) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            began = time.perf_counter()
            answered = await burst(requests, patience=_PATIENCE)
            took = sorted(1000 * (each - began) for each in answered)
            quarter, half, last = took[len(took) // 4], took[len(took) // 2], took[-1]
            waited[name].append([round(quarter), round(half), round(last)])
            return half

        return run

    found = await alternate(
        "turns-100-at-once",
        f"{_USERS} simultaneous chats, a model that thinks {THINK_MS} ms a reply: how long "
        "half of them wait with the queue of agents, against all agents at once",
        "ms, median",
        ours=median("turns", chats(running.backend_url)),
        anchor=median("all at once", chats(other)),
        rounds=min(_ROUNDS, fixture.rounds),
    )
    found.extra["quarter_half_all_ms"] = waited
    return [found]
