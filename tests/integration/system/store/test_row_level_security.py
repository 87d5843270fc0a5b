"""PostgreSQL keeps users apart by itself, whatever a service asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from crosstalk.environment import RunningSystem

USER_TABLES = ("user", "projects", "tasks", "conversations", "messages", "idempotency_keys")
SERVICES = ("backend", "mcp")


@pytest.fixture(params=SERVICES)
async def service(
    request: pytest.FixtureRequest, running: RunningSystem
) -> AsyncIterator[asyncpg.Connection]:
    """A connection as one of the service roles."""
    connection = await asyncpg.connect(running.databases[request.param])
    yield connection
    await connection.close()


@pytest.fixture
async def admin(running: RunningSystem) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the administrator, who is bound by nothing."""
    connection = await asyncpg.connect(running.databases["admin"])
    yield connection
    await connection.close()


async def become(connection: asyncpg.Connection, subject: str) -> None:
    """Set the subject, as the store does."""
    await connection.execute("SELECT set_config('app.user_id', $1, true)", subject)


async def settle(admin: asyncpg.Connection, *subjects: str) -> None:
    """Give subjects a row and a task."""
    for subject in subjects:
        await admin.execute('INSERT INTO "user" (id) VALUES ($1)', subject)
        await admin.execute(
            "INSERT INTO tasks (user_id, id, title) VALUES ($1, gen_random_uuid(), 'x')", subject
        )


async def test_without_a_subject_every_user_table_is_empty(
    service: asyncpg.Connection, admin: asyncpg.Connection, alice: str
) -> None:
    await settle(admin, alice)
    for table in USER_TABLES:
        # The MCP server may not even read conversations and messages.
        if await service.fetchval("SELECT has_table_privilege($1, 'SELECT')", f'"{table}"'):
            assert await service.fetchval(f'SELECT count(*) FROM "{table}"') == 0
    assert await admin.fetchval("SELECT count(*) FROM tasks") > 0


async def test_a_subject_sees_own_rows_only(
    service: asyncpg.Connection, admin: asyncpg.Connection, alice: str, bob: str
) -> None:
    await settle(admin, alice, bob)
    async with service.transaction():
        await become(service, alice)
        owners = await service.fetch("SELECT DISTINCT user_id FROM tasks")
        assert [row["user_id"] for row in owners] == [alice]
    # The setting ended with the transaction.
    assert await service.fetchval("SELECT count(*) FROM tasks") == 0


async def test_write_in_another_users_name_fails(
    service: asyncpg.Connection, admin: asyncpg.Connection, alice: str, bob: str
) -> None:
    await settle(admin, alice, bob)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with service.transaction():
            await become(service, alice)
            await service.execute(
                "INSERT INTO tasks (user_id, id, title) VALUES ($1, gen_random_uuid(), 'x')", bob
            )


async def test_giving_a_row_away_fails_and_changing_foreign_rows_finds_none(
    service: asyncpg.Connection, admin: asyncpg.Connection, alice: str, bob: str
) -> None:
    await settle(admin, alice, bob)
    async with service.transaction():
        await become(service, alice)
        assert await service.execute("DELETE FROM tasks WHERE user_id = $1", bob) == "DELETE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with service.transaction():
            await become(service, alice)
            await service.execute("UPDATE tasks SET user_id = $1", bob)


async def test_a_reference_cannot_name_another_users_row(
    service: asyncpg.Connection, admin: asyncpg.Connection, alice: str, bob: str
) -> None:
    await settle(admin, alice, bob)
    project = await admin.fetchval(
        "INSERT INTO projects (user_id, id, name) VALUES ($1, gen_random_uuid(), 'p') RETURNING id",
        bob,
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with service.transaction():
            await become(service, alice)
            await service.execute("UPDATE tasks SET project_id = $1", project)


async def test_every_user_table_forces_its_policy_for_reading_and_writing(
    admin: asyncpg.Connection,
) -> None:
    rows = await admin.fetch(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
        "count(p.polname) AS policies, bool_and(p.polqual IS NOT NULL) AS using, "
        "bool_and(p.polwithcheck IS NOT NULL) AS checked "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "LEFT JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> 'alembic_version' "
        "GROUP BY 1, 2, 3"
    )
    assert set(USER_TABLES) <= {row["relname"] for row in rows}
    for row in rows:
        # One policy: permissive ones are joined with OR, so a second could only widen it.
        assert dict(row) == {
            "relname": row["relname"],
            "relrowsecurity": True,
            "relforcerowsecurity": True,
            "policies": 1,
            "using": True,
            "checked": True,
        }


async def test_services_own_nothing_and_cannot_bypass(admin: asyncpg.Connection) -> None:
    roles = await admin.fetch(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
        "WHERE rolname LIKE 'crosstalk%'"
    )
    assert {"crosstalk_backend", "crosstalk_mcp", "crosstalk_owner"} <= {
        r["rolname"] for r in roles
    }
    for role in roles:
        assert not any((role[1], role[2], role[3], role[4])), role["rolname"]
    owners = await admin.fetch(
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    )
    assert [row["tableowner"] for row in owners] == ["crosstalk_owner"]


async def test_every_key_of_a_user_table_starts_with_its_owner(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT c.conrelid::regclass::text AS name, c.contype, a.attname AS first "
        "FROM pg_constraint c JOIN pg_attribute a "
        "ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
        "JOIN pg_namespace n ON n.oid = c.connamespace "
        "WHERE n.nspname = 'public' AND c.contype IN ('p', 'u', 'f')"
    )
    for row in rows:
        if row["name"] not in ("alembic_version", '"user"'):
            assert row["first"] == "user_id", dict(row)


async def test_the_owner_is_bound_too(
    running: RunningSystem, admin: asyncpg.Connection, alice: str
) -> None:
    await settle(admin, alice)
    owner = await asyncpg.connect(running.databases["owner"])
    try:
        assert await owner.fetchval("SELECT count(*) FROM tasks") == 0
    finally:
        await owner.close()
