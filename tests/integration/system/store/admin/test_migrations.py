"""Making roles, database and tables: repeatable, and what exists afterwards."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from crosstalk.environment import RunningSystem
from system.store import models
from system.store.admin.bootstrap import bootstrap
from system.store.admin.migrate import migrate

# Indexes by their first column, unique ones among them that no constraint declares.
_UNIQUE_INDEXES = """
SELECT i.indrelid::regclass::text AS name, i.indexrelid::regclass::text AS index,
       a.attname AS first
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
"""
# What runs with somebody else's rights would pass row-level security by.
_BORROWED_RIGHTS = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm', 'S', 'f')
UNION ALL
SELECT p.proname FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
"""


@pytest.fixture
async def admin(running: RunningSystem) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the administrator."""
    connection = await asyncpg.connect(running.databases["admin"])
    yield connection
    await connection.close()


async def test_bootstrap_and_migrate_can_be_repeated(
    running: RunningSystem, admin: asyncpg.Connection
) -> None:
    urls = {name: make_url(url) for name, url in running.databases.items()}
    before = await admin.fetch("SELECT * FROM pg_policies ORDER BY tablename")
    for _ in range(2):
        await bootstrap(
            running.databases["admin"],
            database=str(urls["owner"].database),
            passwords={
                f"crosstalk_{name}": str(urls[name].password)
                for name in ("owner", "backend", "mcp")
            },
        )
        await migrate(running.databases["owner"])
    assert await admin.fetch("SELECT * FROM pg_policies ORDER BY tablename") == before


@pytest.fixture
async def empty_database(running: RunningSystem, admin: asyncpg.Connection) -> AsyncIterator[str]:
    """The owner's URL of a database without tables."""
    name = f"empty_{secrets.token_hex(4)}"
    await admin.execute(f"CREATE DATABASE {name} OWNER crosstalk_owner")
    try:
        url = make_url(running.databases["owner"]).set(database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_two_migrations_at_once_both_succeed(empty_database: str) -> None:
    await asyncio.gather(*(migrate(empty_database) for _ in range(3)))
    connection = await asyncpg.connect(empty_database)
    try:
        assert await connection.fetch("SELECT version_num FROM alembic_version") == [("0006",)]
    finally:
        await connection.close()


async def test_migration_gives_up_on_a_table_that_stays_in_use(empty_database: str) -> None:
    await migrate(empty_database, "0001")
    reader = await asyncpg.connect(empty_database)
    try:
        async with reader.transaction():
            await reader.execute("SELECT count(*) FROM messages")
            with pytest.raises(DBAPIError, match="lock timeout"):
                await migrate(empty_database, table_seconds=0.2)
        await migrate(empty_database)
    finally:
        await reader.close()


async def test_tasks_that_were_there_get_their_owner_as_author(
    empty_database: str, running: RunningSystem
) -> None:
    await migrate(empty_database, "0004")
    url = make_url(running.databases["admin"]).set(database=make_url(empty_database).database)
    admin = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await admin.execute("INSERT INTO \"user\" (id) VALUES ('ann')")
        await admin.execute(
            "INSERT INTO tasks (user_id, id, title) VALUES ('ann', gen_random_uuid(), 'x')"
        )
        await migrate(empty_database)
        assert await admin.fetchval("SELECT author_id FROM tasks") == "ann"
    finally:
        await admin.close()


async def test_mcp_role_has_no_privilege_on_conversations_and_messages(
    admin: asyncpg.Connection,
) -> None:
    held = await admin.fetch(
        "SELECT relname, privilege FROM pg_class, "
        "unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege "
        "WHERE relname IN ('conversations', 'messages') "
        "AND has_table_privilege('crosstalk_mcp', pg_class.oid, privilege)"
    )
    assert held == []


async def test_administrator_without_superuser_rights_can_repeat_bootstrap(
    running: RunningSystem, admin: asyncpg.Connection
) -> None:
    """As on managed databases, where repeating an attribute is refused like changing it."""
    urls = {name: make_url(url) for name, url in running.databases.items()}
    passwords = {
        f"crosstalk_{name}": str(urls[name].password) for name in ("owner", "backend", "mcp")
    }
    await admin.execute("CREATE ROLE managed LOGIN CREATEROLE CREATEDB PASSWORD 'a word of theirs'")
    try:
        await admin.execute(f"GRANT {', '.join(passwords)} TO managed WITH ADMIN OPTION")
        url = urls["admin"].set(username="managed", password="a word of theirs")
        await bootstrap(
            url.render_as_string(hide_password=False),
            database=str(urls["owner"].database),
            passwords=passwords,
        )
    finally:
        await admin.execute("DROP OWNED BY managed")
        await admin.execute("DROP ROLE managed")
    assert await admin.fetchval("SELECT count(*) FROM alembic_version") == 1


async def test_bootstrap_takes_back_attributes_that_bypass_policies(
    running: RunningSystem, admin: asyncpg.Connection
) -> None:
    url = make_url(running.databases["mcp"])
    await admin.execute("ALTER ROLE crosstalk_mcp BYPASSRLS")
    await bootstrap(
        running.databases["admin"],
        database=str(url.database),
        passwords={"crosstalk_mcp": str(url.password)},
    )
    bypasses = "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'crosstalk_mcp'"
    assert await admin.fetchval(bypasses) is False


async def test_tables_have_the_columns_that_the_classes_map(running: RunningSystem) -> None:
    url = make_url(running.databases["owner"]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: {
                name: {each["name"] for each in inspect(sync).get_columns(name)}
                for name in inspect(sync).get_table_names()
            }
        )
    await engine.dispose()
    found.pop("alembic_version")
    mapped = {
        table.name: set(table.columns.keys())
        for table in SQLModel.metadata.tables.values()
        if table.name in {models.User.__tablename__, *found}
    }
    assert found == mapped


async def test_unique_indexes_start_with_the_owner(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(_UNIQUE_INDEXES)
    assert len(rows) >= 6
    for row in rows:
        if row["name"] not in ("alembic_version", '"user"'):
            assert row["first"] == "user_id", row["index"]


async def test_schema_has_no_views_security_definers_or_sequences(
    admin: asyncpg.Connection,
) -> None:
    # A view or a SECURITY DEFINER function reads as its owner; a sequence tells how many rows.
    assert await admin.fetch(_BORROWED_RIGHTS) == []


@pytest.mark.parametrize("service", ["crosstalk_backend", "crosstalk_mcp"])
async def test_services_belong_to_no_role_and_own_nothing(
    admin: asyncpg.Connection, service: str
) -> None:
    memberships = "SELECT count(*) FROM pg_auth_members WHERE member = $1::text::regrole"
    assert await admin.fetchval(memberships, service) == 0
    owned = (
        "SELECT count(*) FROM pg_shdepend WHERE refobjid = $1::text::regrole "
        "AND refclassid = 'pg_authid'::regclass AND deptype = 'o'"
    )
    assert await admin.fetchval(owned, service) == 0
    for right in ("TRUNCATE", "REFERENCES", "TRIGGER"):
        granted = await admin.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind = 'r' AND has_table_privilege($1, oid, $2)",
            service,
            right,
        )
        # TRUNCATE ignores policies; a trigger could act in another user's transaction.
        assert granted == [], right
