"""Rate of `list_tasks` through MCP against a plain endpoint, and its latency against raw SQL.

The plain endpoint is FastAPI and the same store with the same query, and nothing else: no token, no
limits, no log. Raw SQL is the statement that lists tasks, prepared, on a connection with the same
settings: once as the service makes it (from its pool, in a transaction), once as the bare driver
does, one message there and one back.

Both are measured twice: before anything is shared, and when each user has tasks of a project of
another user's in the list as well.
"""

from __future__ import annotations

import json
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from pydantic import SecretStr
from sqlalchemy import text

from benchmarks.cpu import cpu_seconds
from benchmarks.figures import Figure, Goal, alternate
from benchmarks.fixture import Fixture
from benchmarks.wire import Prepared, PreparedConnection, drive, request, send_once
from crosstalk.environment import RunningSystem
from crosstalk.tokens import BACKEND_AUDIENCE
from system.store.engine import make_engine
from system.store.settings import StoreSettings

PROTOCOL = "2026-07-28"
_USERS = 16
_TASKS = 10
# Tasks of a project of one's own, and as many of one that another user shares.
_IN_PROJECT = 4
_SECRET = "benchmarks-have-no-secrets-to-keep"  # noqa: S105
_SQL = (
    "SELECT t.*, p.name FROM tasks t LEFT JOIN projects p "
    "ON p.user_id = t.user_id AND p.id = t.project_id "
    "WHERE t.user_id = {0} ORDER BY t.id DESC LIMIT 21"
)
_SHARED_SQL = (
    "(SELECT t.*, p.name FROM tasks t LEFT JOIN projects p "
    "ON p.user_id = t.user_id AND p.id = t.project_id "
    "WHERE t.user_id = {0} ORDER BY t.id DESC LIMIT 21) UNION ALL "
    "(SELECT t.*, p.name FROM memberships m JOIN tasks t "
    "ON t.user_id = m.user_id AND t.project_id = m.project_id "
    "JOIN projects p ON p.user_id = t.user_id AND p.id = t.project_id "
    "WHERE m.member_id = {0} ORDER BY t.id DESC LIMIT 21) ORDER BY id DESC LIMIT 21"
)
_META = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
}


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list that is measured.

    Attributes:
        suffix: Of the figures' names.
        described: Tasks of each user, in words.
        tasks: Number of tasks in each user's list.
        sql: The statement that lists them; `{0}` is the user.
        rate: Goal of the rate.
    """

    suffix: str
    described: str
    tasks: int
    sql: str
    rate: Goal


_ALONE = _Listed("", f"{_TASKS} tasks each", _TASKS, _SQL, Goal("least", 0.75))
_SHARED = _Listed(
    "-shared",
    f"{_TASKS + _IN_PROJECT} tasks each and {_IN_PROJECT} of another user's project",
    _TASKS + 2 * _IN_PROJECT,
    _SHARED_SQL,
    Goal("least", 0.65),
)


async def measure(fixture: Fixture) -> list[Figure]:
    """Measure the figures of this benchmark."""
    running = fixture.system()
    users = [f"list-{secrets.token_hex(4)}" for _ in range(_USERS)]
    for user in users:
        await _add_tasks(running, user)
    url, plain_pid = fixture.service(
        "plain-endpoint", "benchmarks.plain_endpoint", lambda base: _environment(running)
    )
    alone = await _rates(fixture, running, users, (url, plain_pid), _ALONE)
    figures = [alone, *await _latencies(fixture, running, users[0], _ALONE)]
    await _share(running, users)
    shared = await _rates(fixture, running, users, (url, plain_pid), _SHARED)
    return [*figures, shared, *await _latencies(fixture, running, users[0], _SHARED)]


async def _rates(
    fixture: Fixture,
    running: RunningSystem,
    users: Sequence[str],
    plain_endpoint: tuple[str, int],
    listed: _Listed,
) -> Figure:
    url, plain_pid = plain_endpoint
    through_mcp = [list_tasks_call(running, user) for user in users]
    plain = [request("GET", f"{url}/tasks?user_id={user}", {}) for user in users]
    spent: dict[str, list[float]] = {"mcp": [], "plain": []}

    def shows_all(status: int, body: bytes, sent: Prepared) -> bool:
        return status == 200 and body.count(b"task number") >= listed.tasks

    def rate(name: str, requests: list[Prepared], pid: int) -> Callable[[], Awaitable[float]]:
        async def run() -> float:
            before = cpu_seconds(pid)
            driven = await drive(requests, seconds=fixture.seconds, good=shows_all)
            spent[name].append(1e6 * (cpu_seconds(pid) - before) / driven.answers)
            return driven.rate

        return run

    rates = await alternate(
        f"list-tasks-rate{listed.suffix}",
        f"{_USERS} users, {listed.described}: `list_tasks` through MCP against a plain endpoint "
        "with the same query",
        "calls/s",
        ours=rate("mcp", through_mcp, running.services["mcp"].pid),
        anchor=rate("plain", plain, plain_pid),
        rounds=fixture.rounds,
        goal=listed.rate,
    )
    rates.extra["cpu_us_per_call"] = {name: round(min(each)) for name, each in spent.items()}
    return rates


async def _latencies(
    fixture: Fixture, running: RunningSystem, user: str, listed: _Listed
) -> list[Figure]:
    settings = StoreSettings(
        database_url=SecretStr(running.databases["mcp"]), cursor_secret=SecretStr(_SECRET)
    )
    engine = make_engine(settings)
    driver = await asyncpg.connect(running.databases["mcp"])
    connection = await PreparedConnection.to(list_tasks_call(running, user))
    subject, listing = (
        text("SELECT set_config('app.user_id', :user, true)"),
        text(listed.sql.format(":user")),
    )
    await driver.execute("SELECT set_config('app.user_id', $1, false)", user)
    prepared = await driver.prepare(listed.sql.format("$1"))

    async def tool() -> None:
        await connection.send()

    async def in_transaction() -> None:
        async with engine.begin() as connection:
            await connection.execute(subject, {"user": user})
            assert len((await connection.execute(listing, {"user": user})).all()) == listed.tasks

    async def bare() -> None:
        assert len(await prepared.fetch(user)) == listed.tasks

    figures = []
    try:
        for name, raw, goal, form in (
            (
                "tool-latency-sql",
                in_transaction,
                Goal("most", 3.0),
                "from a pool like the service's, in a transaction",
            ),
            ("tool-latency-bare-driver", bare, None, "by the bare driver, one message each way"),
        ):
            figures.append(
                await alternate(
                    f"{name}{listed.suffix}",
                    "one `list_tasks` call of one user over HTTP: what it adds to the raw SQL of "
                    f"the same list ({listed.described}), in round trips of that SQL, {form}",
                    "ms, median",
                    ours=lambda: _median(tool, fixture.seconds),
                    anchor=lambda raw=raw: _median(raw, fixture.seconds),
                    rounds=fixture.rounds,
                    goal=goal,
                    relation=lambda ours, anchor: (ours - anchor) / anchor,
                )
            )
    finally:
        connection.close()
        await driver.close()
        await engine.dispose()
    return figures


async def _median(once: Callable[[], Awaitable[None]], seconds: float) -> float:
    taken = []
    began = now = time.perf_counter()
    while now < began + seconds:
        await once()
        after = time.perf_counter()
        taken.append(after - now)
        now = after
    return 1000 * statistics.median(taken)


def list_tasks_call(running: RunningSystem, user: str) -> Prepared:
    """Prepare a call of `list_tasks` as a desktop client makes it."""
    params = {"name": "list_tasks", "arguments": {"user_id": user}, "_meta": _META}
    headers = {
        "Authorization": f"Bearer {running.mint(user, audience='mcp', ttl=3_600)}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": PROTOCOL,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "list_tasks",
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return request("POST", running.mcp_url, headers, message)


async def _add_tasks(running: RunningSystem, user: str) -> None:
    for number in range(_TASKS):
        await _post(running, user, "tasks", {"title": f"task number {number}"})


async def _share(running: RunningSystem, users: Sequence[str]) -> None:
    """Have each user share a project with the next one."""
    for owner, person in zip(users, [*users[1:], users[0]], strict=True):
        project = await _post(running, owner, "projects", {"name": "shared"})
        for number in range(_IN_PROJECT):
            task = {"title": f"task number {number}", "project_id": project["id"]}
            await _post(running, owner, "tasks", task)
        offered = {"invitee_id": person, "role": "viewer"}
        path = f"projects/{project['id']}/invitations"
        invitation = await _post(running, owner, path, offered)
        await _post(running, person, f"invitations/{invitation['id']}/accept", {})


async def _post(running: RunningSystem, user: str, path: str, body: Mapping[str, Any]) -> Any:
    token = running.issuer.mint(user, audience=BACKEND_AUDIENCE, ttl=3_600)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{running.backend_url}/api/{user}/{path}"
    return json.loads(await send_once(request("POST", url, headers, body)))


def _environment(running: RunningSystem) -> Mapping[str, str]:
    return {"DATABASE_URL": running.databases["mcp"], "CURSOR_SECRET": _SECRET}
