"""Growth of the cost of a read with what is stored: `python -m benchmarks.growth`.

One user's tasks (1,000, 100,000, 1,000,000), users (10, 1,000, 10,000) and the messages of a
conversation (10, 1,000, 100,000), stored past the services. Each read is made by the store as the
services make it; PostgreSQL then tells of its statement how many pages it touches, which no other
load on the machine changes, and how long it takes. The run's folder gets `growth.json`,
`growth.svg` and `growth.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy import event

from benchmarks.curves import curves
from benchmarks.fixture import Fixture
from crosstalk.environment import RunningSystem
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.report.run_folder import open_run
from system.errors import Conflict
from system.store import Store, StoreSettings, UserSession, conversations, stats, tasks
from system.store.models import Task
from system.store.quotas import require_quota
from system.store.schemas import TaskStatus

ROWS = {"tasks of one user": (1_000, 100_000, 1_000_000), "users": (10, 1_000, 10_000)}
MESSAGES = (10, 1_000, 100_000)
_TASKS_EACH = 10
_TIMES = 5
Read = Callable[[UserSession], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Point:
    """Cost of a read at one size.

    Attributes:
        curve: What is read, as what grows.
        rows: Size of what grows.
        pages: Pages of tables and indexes that its statements touch, 8 KiB each.
        ms: Execution in PostgreSQL, the least of some.
        scans: Kinds of scan in the plans; an index where there is one.
    """

    curve: str
    rows: int
    pages: int
    ms: float
    scans: tuple[str, ...]


async def measure(running: RunningSystem, most: int) -> list[Point]:
    """Measure every curve, up to a number of rows."""
    admin = await asyncpg.connect(running.databases["admin"])
    store = Store(
        StoreSettings(
            database_url=SecretStr(running.databases["backend"]),
            cursor_secret=SecretStr(secrets.token_hex(20)),
            database_statement_timeout=60.0,
            database_search_timeout=60.0,
        )
    )
    points: list[Point] = []
    try:
        for rows in (each for each in ROWS["tasks of one user"] if each <= most):
            user = f"many-{rows}"
            await _add_user(admin, user)
            middle = await _add_tasks(admin, user, rows)
            points += await _reads(admin, store, user, rows, _task_reads(middle))
        for rows in ROWS["users"]:
            await _add_users(admin, rows)
            few: dict[str, Read] = {"list, with users": tasks.list_tasks}
            points += await _reads(admin, store, "each-1", rows, few)
        for rows in MESSAGES:
            user = f"talks-{rows}"
            await _add_user(admin, user)
            talk = await _add_messages(admin, user, rows)
            points += await _reads(admin, store, user, rows, {"history": _history(talk)})
    finally:
        await store.close()
        await admin.close()
    return points


def _task_reads(middle: UUID) -> dict[str, Read]:
    return {
        "list": tasks.list_tasks,
        "list, one status": lambda s: tasks.list_tasks(s, status=TaskStatus.COMPLETED),
        "one task": lambda s: tasks.get_task(s, task_id=middle),
        "statistics": stats.get_user_stats,
        "room for one more": _room,
        "search, found nowhere": lambda s: tasks.search_tasks(s, query="nowhere"),
    }


async def _room(session: UserSession) -> None:
    with suppress(Conflict):
        await require_quota(session, Task)


def _history(conversation: UUID) -> Read:
    # As many as an agent is shown.
    return lambda s: conversations.messages(s, conversation_id=conversation, limit=40)


async def _reads(
    admin: asyncpg.Connection, store: Store, user: str, rows: int, reads: Mapping[str, Read]
) -> list[Point]:
    await admin.execute("VACUUM (ANALYZE) tasks, messages")
    points = []
    for name, read in reads.items():
        with _statements(store) as made:
            async with store.user_session(user) as session:
                await read(session)
        plans = [await _explained(store, user, *each) for each in made]
        points.append(
            Point(
                name,
                rows,
                sum(pages for pages, _, _ in plans),
                round(sum(ms for _, ms, _ in plans), 3),
                tuple(sorted({scan for _, _, scans in plans for scan in scans})),
            )
        )
    return points


@contextmanager
def _statements(store: Store) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """Give the queries that the store makes inside the block, with their parameters.

    Those that are put together beforehand go past SQLAlchemy, so the driver is listened to as well;
    it logs nothing of what SQLAlchemy has it prepare.

    Raises:
        RuntimeError: There was none: nothing would be measured.
    """
    made: list[tuple[str, tuple[Any, ...]]] = []
    listened: list[asyncpg.Connection] = []

    def keep(statement: str, parameters: Any) -> None:
        if "set_subject" not in statement:
            made.append((statement, tuple(parameters)))

    def note(_: Any, __: Any, statement: str, parameters: Any, *rest: Any) -> None:
        keep(statement, parameters)

    def note_of_driver(query: Any) -> None:
        if query.query.startswith(("SELECT", "WITH")):
            keep(query.query, query.args)

    def listen(adapted: Any, *rest: Any) -> None:
        adapted.driver_connection.add_query_logger(note_of_driver)
        listened.append(adapted.driver_connection)

    engine = store._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "checkout", listen)
    try:
        yield made
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "checkout", listen)
        for each in listened:
            each.remove_query_logger(note_of_driver)
    if not made:
        raise RuntimeError("the store made no statement that could be measured")


async def _explained(
    store: Store, user: str, statement: str, parameters: tuple[Any, ...]
) -> tuple[int, float, set[str]]:
    """Return the pages, milliseconds and scans of a statement as the service's role runs it."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    best: tuple[int, float, set[str]] | None = None
    async with store._engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        for _ in range(_TIMES):
            async with raw.transaction():
                await raw.execute("SELECT set_config('app.user_id', $1, true)", user)
                # The service's connections read JSON themselves.
                (found,) = await raw.fetchval(explain, *parameters)
            plan, ms = found["Plan"], found["Execution Time"]
            pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            if best is None or ms < best[1]:
                best = pages, ms, set(_scans(plan))
    assert best is not None
    return best


def _scans(plan: Mapping[str, Any]) -> Iterator[str]:
    if plan.get("Relation Name") in ("tasks", "messages") and plan["Actual Loops"]:
        yield plan.get("Index Name") or f"{plan['Node Type']} of {plan['Relation Name']}"
    for each in plan.get("Plans", ()):
        yield from _scans(each)


async def _add_user(admin: asyncpg.Connection, user: str) -> None:
    await admin.execute('INSERT INTO "user" (id) VALUES ($1) ON CONFLICT DO NOTHING', user)


async def _add_tasks(admin: asyncpg.Connection, user: str, rows: int) -> UUID:
    """Store tasks of one user, and return the id of one in their middle."""
    await admin.execute(
        "INSERT INTO tasks (user_id, id, title, description, status, priority) "
        "SELECT $1, uuidv7(), 'task number ' || n, 'some words on it', "
        "CASE WHEN n % 4 = 0 THEN 'completed' ELSE 'pending' END, 'medium' "
        "FROM generate_series(1, $2::int) AS n",
        user,
        rows,
        timeout=170,
    )
    query = "SELECT id FROM tasks WHERE user_id = $1 ORDER BY id OFFSET $2 LIMIT 1"
    found: UUID = await admin.fetchval(query, user, rows // 2)
    return found


async def _add_users(admin: asyncpg.Connection, users: int) -> None:
    """Have this number of users, each with some tasks."""
    numbers = "generate_series(1, $1::int) AS n"
    await admin.execute(
        f"INSERT INTO \"user\" (id) SELECT 'each-' || n FROM {numbers} "  # noqa: S608 - constants
        "ON CONFLICT DO NOTHING",
        users,
    )
    await admin.execute(
        "INSERT INTO tasks (user_id, id, title, status, priority) "  # noqa: S608 - constants
        f"SELECT 'each-' || n, uuidv7(), 'task ' || m, 'pending', 'medium' FROM {numbers}, "
        "generate_series(1, $2::int) AS m WHERE NOT EXISTS "
        "(SELECT FROM tasks t WHERE t.user_id = 'each-' || n)",
        users,
        _TASKS_EACH,
        timeout=170,
    )


async def _add_messages(admin: asyncpg.Connection, user: str, rows: int) -> UUID:
    """Store a conversation, and after it another as long; return the id of the first."""
    first: UUID | None = None
    for _ in range(2):
        talk: UUID = await admin.fetchval(
            "INSERT INTO conversations (user_id, id) VALUES ($1, uuidv7()) RETURNING id", user
        )
        await admin.execute(
            "INSERT INTO messages (user_id, id, conversation_id, role, content, interrupted) "
            "SELECT $1, uuidv7(), $2, 'user', 'words ' || n, false "
            "FROM generate_series(1, $3::int) AS n",
            user,
            talk,
            rows,
            timeout=170,
        )
        first = first or talk
    assert first is not None
    return first


def table(points: Sequence[Point]) -> str:
    """Return the points as a table in Markdown."""
    lines = ["| read | rows | pages | ms | by |", "|---|---:|---:|---:|---|"]
    lines += [
        f"| {each.curve} | {each.rows:,} | {each.pages:,} | {each.ms:,.2f} "
        f"| {', '.join(f'`{scan}`' for scan in each.scans)} |"
        for each in points
    ]
    return "\n".join(lines) + "\n"


def picture(points: Sequence[Point]) -> str:
    """Return the pages by rows, a line for each curve, as SVG.

    Args:
        points: At least one.
    """
    drawn = [(each.curve, each.rows, each.pages) for each in points]
    return curves("Pages that a read touches, by what is stored", drawn)


def main() -> int:
    """Measure, and write the run's files."""
    parser = argparse.ArgumentParser(prog="benchmarks.growth")
    parser.add_argument("--most", type=int, default=1_000_000, help="tasks of one user")
    most = parser.parse_args().most
    run = open_run("growth")
    with Fixture(run.path, rounds=1, seconds=1.0) as fixture:
        points = asyncio.run(measure(fixture.system(), most))
    (run.path / "growth.json").write_text(json.dumps([asdict(each) for each in points], indent=1))
    (run.path / "growth.svg").write_text(picture(points))
    (run.path / "growth.md").write_text(table(points))
    print(table(points))
    print(run.path)
    return 0


if __name__ == "__main__":
    sys.exit(exit_status("benchmarks.growth", main))
