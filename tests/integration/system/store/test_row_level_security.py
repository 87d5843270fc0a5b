"""PostgreSQL keeps users apart by itself, whatever a service asks it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from crosstalk.environment import RunningSystem

USER_TABLES = ("user", "projects", "tasks", "conversations", "messages", "idempotency_keys")
SHARING_TABLES = ("memberships", "invitations")
# What members may do beside the owner, policy by policy: name, command, whose rows it is about.
_OF_MEMBERS = {
    "projects": {("member_reads", "r"), ("invitee_takes_over", "w")},
    "tasks": {
        ("member_reads", "r"),
        ("editor_adds", "a"),
        ("editor_changes", "w"),
        ("editor_deletes", "d"),
    },
}
_OF_SHARING = {
    "memberships": {
        ("member_reads", "r"),
        ("member_joins", "a"),
        ("owner_changes", "w"),
        ("member_leaves", "d"),
    },
    "invitations": {
        ("invitee_reads", "r"),
        ("owner_invites", "a"),
        ("invitee_declines", "d"),
    },
}
_OF_ACCOUNTS = {
    "administrators": {("own_role", "r")},
    "disabled_accounts": {
        ("own_state", "r"),
        ("administrator_lists", "r"),
        ("administrator_disables", "a"),
        ("administrator_enables", "d"),
    },
}
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
    for table in (*USER_TABLES, *SHARING_TABLES):
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


async def test_every_user_table_forces_its_policies_and_has_no_others(
    admin: asyncpg.Connection,
) -> None:
    tables = await admin.fetch(
        "SELECT c.oid, c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> 'alembic_version'"
    )
    assert {row["relname"] for row in tables} == {*USER_TABLES, *_OF_SHARING, *_OF_ACCOUNTS}
    for row in tables:
        name = row["relname"]
        assert row["forced"], name
        found = await admin.fetch(
            "SELECT polname, polcmd::text, polqual IS NOT NULL AS using, "
            "polwithcheck IS NOT NULL AS checked FROM pg_policy WHERE polrelid = $1",
            row["oid"],
        )
        # Permissive policies are joined with OR, so each further one can only widen.
        of_users = {("tenant", "*")} | _OF_MEMBERS.get(name, set())
        if name == "user":
            of_users |= {("administrator_lists", "r")}
        wanted = {**_OF_SHARING, **_OF_ACCOUNTS}.get(name, of_users)
        assert {(each["polname"], each["polcmd"]) for each in found} == wanted, name
        for each in found:
            assert each["using"] == (each["polcmd"] != "a"), each
            assert each["checked"] == (each["polcmd"] in "*aw"), each


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


@pytest.fixture
async def shared(admin: asyncpg.Connection, alice: str, bob: str) -> str:
    """The id of a project of alice's, which bob views, with a task; one is hers alone."""
    await settle(admin, alice, bob)
    project = await admin.fetchval(
        "INSERT INTO projects (user_id, id, name) VALUES ($1, gen_random_uuid(), 'p') RETURNING id",
        alice,
    )
    await admin.execute(
        "INSERT INTO tasks (user_id, id, project_id, title) "
        "VALUES ($1, gen_random_uuid(), $2, 'in the project')",
        alice,
        project,
    )
    await admin.execute(
        "INSERT INTO memberships (user_id, project_id, member_id, role) "
        "VALUES ($1, $2, $3, 'viewer')",
        alice,
        project,
        bob,
    )
    return str(project)


async def tried(service: asyncpg.Connection, subject: str, statement: str, *values: str) -> str:
    """Run a statement as a subject; its status, or `refused`. Nothing is kept."""
    transaction = service.transaction()
    await transaction.start()
    try:
        await become(service, subject)
        return str(await service.execute(statement, *values))
    except asyncpg.InsufficientPrivilegeError:
        return "refused"
    finally:
        await transaction.rollback()


async def test_member_reads_the_projects_rows_and_a_viewer_changes_none(
    service: asyncpg.Connection, alice: str, bob: str, shared: str
) -> None:
    async with service.transaction():
        await become(service, bob)
        titles = await service.fetch("SELECT title FROM tasks WHERE user_id = $1", alice)
        assert [row["title"] for row in titles] == ["in the project"]
        assert await service.fetchval("SELECT count(*) FROM projects") == 1
    for statement in (
        "UPDATE tasks SET title = 'x' WHERE user_id = $1",
        "DELETE FROM tasks WHERE user_id = $1",
        "UPDATE projects SET name = 'x' WHERE user_id = $1",
        "DELETE FROM projects WHERE user_id = $1",
    ):
        assert (await tried(service, bob, statement, alice)).endswith(" 0"), statement
    added = (
        "INSERT INTO tasks (user_id, id, project_id, title, author_id) "
        "VALUES ($1, gen_random_uuid(), $2, 'x', $3)"
    )
    assert await tried(service, bob, added, alice, shared, bob) == "refused"


async def test_editor_writes_in_the_project_under_their_own_name_alone(
    service: asyncpg.Connection, admin: asyncpg.Connection, alice: str, bob: str, shared: str
) -> None:
    await admin.execute("UPDATE memberships SET role = 'editor' WHERE member_id = $1", bob)
    added = (
        "INSERT INTO tasks (user_id, id, project_id, title, author_id) "
        "VALUES ($1, gen_random_uuid(), $2, 'x', $3)"
    )
    assert await tried(service, bob, added, alice, shared, bob) == "INSERT 0 1"
    assert await tried(service, bob, added, alice, shared, alice) == "refused"
    changed = "UPDATE tasks SET title = 'x' WHERE user_id = $1"
    assert await tried(service, bob, changed, alice) == "UPDATE 1"
    # Out of the project it would be the owner's, where no editor may write.
    moved = "UPDATE tasks SET project_id = NULL WHERE user_id = $1"
    assert await tried(service, bob, moved, alice) == "refused"
    # A rule for members and one for owners, one after the other, would let a row change hands.
    for change in ("user_id = $2", "user_id = $2, project_id = NULL", "author_id = $2"):
        taken = f"UPDATE tasks SET {change} WHERE user_id = $1"
        assert await tried(service, bob, taken, alice, bob) == "refused"
    slipped_in = "UPDATE tasks SET user_id = $1, project_id = $3 WHERE user_id = $2"
    assert await tried(service, bob, slipped_in, alice, bob, shared) == "refused"
    assert (await tried(service, bob, "DELETE FROM projects WHERE user_id = $1", alice)) == (
        "DELETE 0"
    )


async def test_membership_comes_of_accepting_what_the_owner_offered_alone(
    service: asyncpg.Connection, admin: asyncpg.Connection, alice: str, bob: str, shared: str
) -> None:
    carol = f"carol-of-{bob}"
    joined = (
        "INSERT INTO memberships (user_id, project_id, member_id, role) VALUES ($1, $2, $3, $4)"
    )
    # Uninvited; by the owner; by another member; and with more than was offered.
    for subject in (carol, alice, bob):
        assert await tried(service, subject, joined, alice, shared, carol, "viewer") == "refused"
    await admin.execute(
        "INSERT INTO invitations (user_id, id, project_id, invitee_id, role) "
        "VALUES ($1, gen_random_uuid(), $2, $3, 'viewer')",
        alice,
        shared,
        carol,
    )
    assert await tried(service, carol, joined, alice, shared, carol, "editor") == "refused"
    assert await tried(service, carol, joined, alice, shared, carol, "viewer") == "INSERT 0 1"
    raised = "UPDATE memberships SET role = 'editor' WHERE member_id = $1"
    assert await tried(service, bob, raised, bob) == "UPDATE 0"
    given = "UPDATE memberships SET member_id = $2 WHERE member_id = $1"
    assert await tried(service, alice, given, bob, carol) == "refused"
    taken_over = "UPDATE projects SET user_id = $1 WHERE id = $2"
    assert await tried(service, bob, taken_over, bob, shared) == "UPDATE 0"


async def test_memberships_are_looked_up_in_the_index_once_a_statement(
    running: RunningSystem, admin: asyncpg.Connection, alice: str, bob: str, shared: str
) -> None:
    """The plan that a table of many users gets, where a scan of it would be the worst choice."""
    service = await asyncpg.connect(running.databases["backend"])
    try:
        async with service.transaction():
            await become(service, bob)
            await service.execute("SET LOCAL enable_seqscan = off")
            plan = await service.fetch(
                "EXPLAIN SELECT t.title FROM tasks t WHERE (t.user_id, t.project_id) IN "
                "(SELECT m.user_id, m.project_id FROM memberships m WHERE m.member_id = $1)",
                bob,
            )
            own = await service.fetch(
                "EXPLAIN (ANALYZE, TIMING OFF) SELECT title FROM tasks WHERE user_id = $1", bob
            )
    finally:
        await service.close()
    text = "\n".join(row[0] for row in plan)
    assert "memberships_member_id_idx" in text, text
    assert "Seq Scan" not in text, text
    assert re.search(r"Index.* on tasks", text), text
    text = "\n".join(row[0] for row in own)
    # One's own rows come by the key, and the members' rule is not asked for them.
    assert re.search(r"Index.*Cond: \(user_id = ", text, re.S), text
    assert re.search(r"Filter: .*user_id = .* OR .*hashed SubPlan", text), text
    assert re.search(r"memberships_member_id_idx.*never executed", text), text
