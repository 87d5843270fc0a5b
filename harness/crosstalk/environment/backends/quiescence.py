"""Quiescence of a running system: connections, transactions, locks and tasks that it still holds.

Two independent sources tell. The services report the connections their pools have lent, the agents
that run and the tasks of their event loops (`/metrics`); the database reports which of their
sessions are in a transaction. A service's own count may be wrong, and only PostgreSQL sees a
transaction that is open behind a pool's back.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import asyncpg
import httpx2
from prometheus_client.parser import text_string_to_metric_families

_SECONDS = 10.0
_TASKS = "crosstalk_event_loop_tasks"
# Metric to its name for a person, where anything but 0 is something left.
_HELD = {
    ("crosstalk_database_connections", "in_use"): "connections checked out",
    ("crosstalk_agents_in_flight", ""): "agents under way",
    ("crosstalk_agents_waiting", ""): "agents waiting",
}
# Sessions of the services, and locks that outlive a transaction.
_SESSIONS = """
SELECT usename, state, count(*) AS sessions, max(now() - state_change) AS since
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
    AND usename LIKE 'crosstalk%' AND state <> 'idle'
GROUP BY usename, state
"""
_LOCKS = """
SELECT usename, count(*) AS locks
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND usename LIKE 'crosstalk%'
GROUP BY usename
"""


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Return the authorities that are trusted; to load them takes longer than to ask."""
    return httpx2.create_ssl_context()


@dataclass(slots=True)
class Quiescence:
    """Inspects a system. The tasks that its event loops have at construction are taken for normal.

    Attributes:
        admin_url: `postgresql://` URL of a role that sees all sessions.
        metrics_urls: Service name to the URL of its metrics; services without any are not asked.
    """

    admin_url: str
    metrics_urls: Mapping[str, str]
    _usual: dict[str, Counter[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for service in self.metrics_urls:
            self._usual[service] = self._figures(service)[1]

    def left(self) -> list[str]:
        """List what is held or under way, one sentence each; empty when the system is at rest."""
        found: list[str] = []
        for service in self.metrics_urls:
            held, tasks = self._figures(service)
            found += [f"{service}: {number} {what}" for what, number in sorted(held.items())]
            found += [
                f"{service}: {number} task(s) of {name}"
                for name, number in sorted((tasks - self._usual[service]).items())
            ]
        return found + self._in_database()

    def _figures(self, service: str) -> tuple[Counter[str], Counter[str]]:
        """Read what a service holds, and its tasks by coroutine."""
        held: Counter[str] = Counter()
        tasks: Counter[str] = Counter()
        try:
            url = self.metrics_urls[service]
            answer = httpx2.get(url, timeout=_SECONDS, verify=_authorities()).raise_for_status()
        except httpx2.HTTPError as error:
            return Counter({f"unanswered question for figures ({type(error).__name__})": 1}), tasks
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                if sample.name == _TASKS:
                    tasks[sample.labels["coroutine"]] += int(sample.value)
                named = _HELD.get((sample.name, sample.labels.get("kind", "")))
                if named is not None and sample.value:
                    held[named] += int(sample.value)
        return held, tasks

    def _in_database(self) -> list[str]:
        async def ask() -> list[str]:
            connection = await asyncpg.connect(self.admin_url, timeout=_SECONDS)
            try:
                sessions = await connection.fetch(_SESSIONS, timeout=_SECONDS)
                locks = await connection.fetch(_LOCKS, timeout=_SECONDS)
            finally:
                await connection.close(timeout=_SECONDS)
            found = [
                f"database: {each['sessions']} session(s) of {each['usename']} {each['state']}, "
                f"for {each['since'].total_seconds():.1f} s"
                for each in sessions
            ]
            return found + [
                f"database: {each['locks']} advisory lock(s) of {each['usename']}" for each in locks
            ]

        try:
            # A thread has no event loop, even where the caller runs in one.
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(asyncio.run, ask()).result()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return [f"database: it does not say ({type(error).__name__})"]
