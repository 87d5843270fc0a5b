"""Many chats at once, with agents that take turns and with all of them at once.

The same backend twice, on the same database, MCP server and model: as it is, and told to run as
many agents as come. A hundred users ask at the same moment; how long the first quarter, half and
all of them wait shows what the queue is for. The last should wait no longer for it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from benchmarks.figures import Figure, in_turns
from benchmarks.fixture import THINK_MS, Stage
from benchmarks.wire import Prepared, burst, request
from crosstalk.tokens import BACKEND_AUDIENCE

_USERS = 100
_PATIENCE = 120.0
_ROUNDS = 2


async def measure(stage: Stage) -> list[Figure]:
    """The figures of this benchmark."""
    running = stage.system()
    as_it_is: Mapping[str, str] = running.services["backend"].environment

    def all_at_once(url: str) -> Mapping[str, str]:
        port = str(urlsplit(url).port)
        told = {"AGENT_MIN_RUNNING": "400", "BACKEND_PORT": port, "METRICS_PORT": ""}
        return {**as_it_is, **told}

    other, _ = stage.service("backend-all-at-once", "system.backend", all_at_once)
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

    found = await in_turns(
        "turns-100-at-once",
        f"{_USERS} chats at the same moment, a model that thinks {THINK_MS} ms a reply: how long "
        "half of them wait when agents take turns, against all of them at once",
        "ms, median",
        ours=median("turns", chats(running.backend_url)),
        anchor=median("all at once", chats(other)),
        rounds=min(_ROUNDS, stage.rounds),
    )
    found.also["quarter_half_all_ms"] = waited
    return [found]
