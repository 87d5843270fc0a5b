"""Latency that one user's searches cause another user.

A user with 10,000 long tasks searches for what is not there over 20 connections, as
often as the limit of requests allows; another user reads their statistics all the while.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Mapping

import asyncpg
import httpx2

from benchmarks.hostile.attack import PATIENCE, Attack, bearer, victim
from crosstalk.environment import RunningSystem

_TASKS = 10_000
_SEARCHERS = 20
_SECONDS = 15.0


def measure(attack: Attack) -> Mapping[str, float]:
    """Seconds that the other user waits, alone and beside the searches."""
    with attack.system() as running:
        user = f"many-{secrets.token_hex(4)}"
        asyncio.run(fill(running.databases["admin"], user))
        other = f"victim-{secrets.token_hex(4)}"
        url, headers = f"{running.backend_url}/api/{other}/stats", bearer(running, other)
        with victim(url, headers) as alone:
            time.sleep(5.0)
        with victim(url, headers) as beside:
            ready = _search(running, user)
        return {
            "another's statistics alone, p95 s": alone.percentile(0.95),
            "another's statistics beside 20 searches, p95 s": beside.percentile(0.95),
            "another's statistics beside 20 searches, longest s": beside.worst(),
            "readiness answered 503 beside 20 searches, times": ready,
        }


async def fill(admin_url: str, user: str) -> None:
    """Give a user 10,000 long tasks, past the services."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute('INSERT INTO "user" (id) VALUES ($1)', user)
        await connection.execute(
            "INSERT INTO tasks (user_id, id, title, description)"
            " SELECT $1, gen_random_uuid(), 'long', repeat('lorem ipsum ', 160)"
            " FROM generate_series(1, $2)",
            user,
            _TASKS,
        )
    finally:
        await connection.close()


def _search(running: RunningSystem, user: str) -> int:
    """Search for a while; how often the service called itself not ready meanwhile."""
    url = f"{running.backend_url}/api/{user}/tasks/search"
    headers, until = bearer(running, user), time.monotonic() + _SECONDS
    unready = 0

    def search() -> None:
        with httpx2.Client(timeout=PATIENCE, headers=headers) as client:
            while time.monotonic() < until:
                answer = client.get(url, params={"q": "what is not there"})
                if answer.status_code == 429:
                    time.sleep(float(answer.headers["Retry-After"]))

    searchers = [threading.Thread(target=search) for _ in range(_SEARCHERS)]
    for each in searchers:
        each.start()
    with httpx2.Client(timeout=PATIENCE) as client:
        while time.monotonic() < until:
            unready += client.get(f"{running.backend_url}/ready").status_code == 503
            time.sleep(0.5)
    for each in searchers:
        each.join()
    return unready
