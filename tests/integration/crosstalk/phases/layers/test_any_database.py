"""Databases of described systems: sound schemas are clean, and each planted hole is found."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import asyncpg
import pytest

from crosstalk.core.database_access import DatabaseAccess
from crosstalk.core.history import History
from crosstalk.core.script import Script
from crosstalk.environment.parts.postgres import EmbeddedPostgres
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.layers import LayersPhase
from crosstalk.phases.layers.any_database import examine_any
from crosstalk.phases.layers.crossings import crossings_of
from crosstalk.phases.layers.database import Examined
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.described.database_config import DatabaseConfig
from tests.unit.crosstalk.execution.test_replay import Notes

SCHEMAS = Path(__file__).parents[5] / "examples/databases"
Made = Callable[[str, str], DatabaseAccess]
Examine = Callable[[str, str], Examined]
_SUBJECTS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"]
_ROLES = """
CREATE ROLE notes_service LOGIN PASSWORD 'word';
CREATE ROLE shop_service LOGIN PASSWORD 'word';
CREATE ROLE anon;
CREATE ROLE authenticated;
CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'word';
GRANT anon, authenticated TO authenticator;
"""
# What others have stored before: some holes show nothing else.
_STORED = {
    "settings": "INSERT INTO users VALUES ('zoe', 'zoe@example.com'); "
    "INSERT INTO notes (user_id, title, status, due) VALUES ('zoe', 'zoe''s', 'open', now())",
    "claims": f"INSERT INTO profiles VALUES ('{_SUBJECTS[1]}', 'zoe')",
    "none": "INSERT INTO customers (tenant_id, email) VALUES ('zoe', 'zoe@example.com')",
}
_HOW: dict[str, dict[str, object]] = {
    "settings": {"settings": {"app.user_id": "{user}"}},
    "claims": {
        "claims": {"sub": "{user}", "role": "authenticated"},
        "role": "authenticated",
        "anonymous_role": "anon",
        "owners": {"profiles": "id"},
        "subjects": _SUBJECTS,
    },
    "none": {"row_security": False},
}
_LOGINS = {"settings": "notes_service", "claims": "authenticator", "none": "shop_service"}


def _run(url: str, sql: str) -> list[object]:
    """Run statements, and return the first column of what a question shows."""

    async def run() -> list[object]:
        connection = await asyncpg.connect(url)
        try:
            if sql.startswith("SELECT"):
                return [row[0] for row in await connection.fetch(sql)]
            await connection.execute(sql)
            return []
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL with the roles of the three schemas; the administrator's URL."""
    guard = Guard()
    ports = Ports()
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "log", ports.take())
    try:
        postgres.start(guard)
        _run(postgres.url, _ROLES)
        yield postgres.url
    finally:
        postgres.stop(guard)
        guard.close()


@pytest.fixture
def made(server: str) -> Iterator[Made]:
    """Returns a function that makes a schema and does something to it."""
    names = []

    def make(schema: str, hole: str) -> DatabaseAccess:
        name = f"{schema}_{secrets.token_hex(4)}"
        _run(server, f"CREATE DATABASE {name}")
        names.append(name)
        base, _, _ = server.rpartition("/")
        admin = f"{base}/{name}"
        _run(admin, (SCHEMAS / f"{schema}.sql").read_text("utf-8"))
        _run(admin, _STORED[schema])
        _run(admin, hole or "SELECT 1")
        place = base.rpartition("@")[2]
        url = f"postgresql+asyncpg://{_LOGINS[schema]}:word@{place}/{name}"
        return DatabaseConfig.model_validate({"url": url, **_HOW[schema]}).access([])

    yield make
    for name in names:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def examine(made: Made) -> Examine:
    """Returns a function that makes a schema, does something to it, and tries it."""
    return lambda schema, hole: examine_any(made(schema, hole))


@pytest.mark.parametrize(("schema", "least"), [("settings", 30), ("claims", 30), ("none", 4)])
def test_sound_schema_lets_nothing_through(examine: Examine, schema: str, least: int) -> None:
    found = examine(schema, "")
    assert found.crossed == {}
    assert found.untried == {}
    assert found.could >= least


@pytest.mark.parametrize(
    ("schema", "hole", "attempt", "why"),
    [
        (
            "settings",
            "ALTER TABLE notes DISABLE ROW LEVEL SECURITY",
            "read as another, notes",
            "not enabled",
        ),
        (
            "settings",
            "ALTER TABLE notes OWNER TO notes_service; "
            "ALTER TABLE notes NO FORCE ROW LEVEL SECURITY",
            "delete as another, notes",
            "owns the table",
        ),
        (
            "settings",
            "CREATE POLICY late ON notes FOR SELECT USING (true); "
            "CREATE POLICY strict ON notes AS RESTRICTIVE USING (title <> '')",
            "read as another, notes",
            "joined by OR",
        ),
        (
            "settings",
            "ALTER POLICY own ON notes WITH CHECK (true)",
            "insert for another, notes",
            "WITH CHECK (true)",
        ),
        (
            "settings",
            "ALTER POLICY own ON notes USING "
            "(user_id = app_user() OR current_setting('app.user_id', true) IS NULL)",
            "read without subject, notes",
            "a case for no subject",
        ),
        (
            "settings",
            "ALTER VIEW open_notes RESET (security_invoker)",
            "view, open_notes",
            "security_invoker",
        ),
        (
            "settings",
            "CREATE MATERIALIZED VIEW kept AS SELECT * FROM notes; "
            "GRANT SELECT ON kept TO notes_service",
            "view, kept",
            "materialized",
        ),
        (
            "settings",
            "CREATE FUNCTION titles_of(who text) RETURNS SETOF text LANGUAGE sql STABLE "
            "SECURITY DEFINER AS 'SELECT title FROM public.notes WHERE user_id = who'",
            "function, titles_of",
            "SECURITY DEFINER",
        ),
        (
            "settings",
            "ALTER TABLE notes ADD UNIQUE (title)",
            "insert what another has, notes",
            "",
        ),
        (
            "settings",
            "ALTER TABLE notes DROP CONSTRAINT notes_user_id_notebook_id_fkey; "
            "ALTER TABLE notebooks ADD UNIQUE (id); "
            "ALTER TABLE notes ADD FOREIGN KEY (notebook_id) REFERENCES notebooks (id)",
            "refer to another, notes",
            "",
        ),
        (
            "claims",
            "CREATE POLICY everybody ON todos FOR SELECT USING (true)",
            "read without subject, todos",
            "joined by OR",
        ),
        (
            "claims",
            "CREATE POLICY change ON profiles FOR UPDATE TO authenticated "
            "USING (true) WITH CHECK (id = auth.uid())",
            "change every row, profiles",
            "",
        ),
        (
            "claims",
            "CREATE POLICY add ON todos FOR INSERT TO authenticated WITH CHECK (true)",
            "insert for another, todos",
            "takes every new row",
        ),
        (
            "claims",
            "ALTER TABLE lists DISABLE ROW LEVEL SECURITY",
            "read as another, lists",
            "not enabled",
        ),
        (
            "claims",
            "CREATE FUNCTION tasks_of(who uuid) RETURNS SETOF todos LANGUAGE sql STABLE "
            "SECURITY DEFINER AS 'SELECT * FROM public.todos WHERE user_id = who'",
            "function, tasks_of",
            "SECURITY DEFINER",
        ),
        (
            "claims",
            "CREATE VIEW all_todos AS SELECT * FROM todos; GRANT SELECT ON all_todos TO anon, "
            "authenticated",
            "view, all_todos",
            "security_invoker",
        ),
        (
            "none",
            "ALTER TABLE customers ADD UNIQUE (email)",
            "insert what another has, customers",
            "",
        ),
        (
            "none",
            "ALTER TABLE orders DROP CONSTRAINT orders_tenant_id_customer_id_fkey; "
            "ALTER TABLE customers ADD UNIQUE (id); "
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id)",
            "refer to another, orders",
            "",
        ),
    ],
)
def test_planted_hole_is_found_with_its_reason(
    examine: Examine, schema: str, hole: str, attempt: str, why: str
) -> None:
    found = examine(schema, hole)
    assert attempt in found.crossed
    where = attempt.partition(", ")[2]
    assert why in found.why.get(where, "")
    # Nothing is charged to what was left as it was.
    assert {each.where for each in crossings_of(found)} == {where}
    assert found.commands[attempt][1].startswith('psql "$SERVICE_DATABASE_URL"')


def test_bypassing_role_is_named(examine: Examine, server: str) -> None:
    _run(server, "ALTER ROLE notes_service BYPASSRLS")
    try:
        found = examine("settings", "")
    finally:
        _run(server, "ALTER ROLE notes_service NOBYPASSRLS")
    assert "read as another, notes" in found.crossed
    assert "notes_service bypasses" in found.why["notes"]


def test_lines_of_a_finding_store_the_rows_and_show_the_victims_again(
    made: Made, examine: Examine
) -> None:
    hole = "ALTER TABLE notes DISABLE ROW LEVEL SECURITY"
    found = examine("settings", hole)
    crossed = found.crossed["read as another, notes"]
    lines = found.commands["read as another, notes"]
    statements = "\n".join(lines[2:-1])
    assert statements.startswith("BEGIN;")
    assert statements.endswith("ROLLBACK;")
    assert len(lines) < 40
    assert crossed.rpartition(" ")[2] in statements
    # They are whole: another database of that schema takes them as they stand.
    _run(made("settings", hole).url, statements)


def test_nothing_is_left_in_the_database(made: Made) -> None:
    access = made("none", "")
    examine_any(access)
    assert _run(access.url, "SELECT tenant_id FROM customers") == ["zoe"]
    assert _run(access.url, "SELECT tenant_id FROM orders") == []


def test_table_that_takes_no_row_is_told_with_what_to_do(examine: Examine) -> None:
    found = examine("settings", "ALTER TABLE notes ADD CHECK (length(title) = 3) NOT VALID")
    assert list(found.untried) == ["notes"]
    assert "database.subjects" in found.untried["notes"]


def test_schema_without_owner_columns_is_told(examine: Examine) -> None:
    found = examine("none", "DROP TABLE orders, customers; CREATE TABLE things (id int)")
    assert "database.owner_columns" in found.untried["tables"]


def test_phase_reports_each_way_of_a_table_once_and_replays_it(made: Made) -> None:
    access = made("settings", "ALTER TABLE notes DISABLE ROW LEVEL SECURITY")
    budget = _budget(access)
    outcome = LayersPhase().run(budget)
    assert [each.detail for each in outcome.findings] == [
        "read without subject, notes",
        "write as another, notes",
    ]
    assert {each.operation for each in outcome.findings} == {"layer database as the service: notes"}
    assert "row-level security is not enabled" in outcome.findings[0].summary
    assert outcome.controls["layer database as the service"].oracles["layer"] > 0
    script = Script.from_json(outcome.findings[0].script.to_json())
    assert LayersPhase().reproduces(budget, script) is not None
    # A campaign has several turns; the database is asked once.
    phase = LayersPhase()
    assert phase.run(budget).findings
    assert phase.run(budget).findings == []


def test_database_that_cannot_be_reached_is_told() -> None:
    access = DatabaseConfig(url="postgresql://nobody@127.0.0.1:1/x", row_security=False).access([])
    (told,) = LayersPhase().run(_budget(access)).inconclusive
    assert told.where == "layer database as the service"


def _budget(access: DatabaseAccess) -> PhaseBudget:
    system = Notes(leaks=False)
    target = Target({"mem": system}, system, discovered({"mem": system}), database=access)
    executor = Executor(target.surfaces, target.operations, target.credentials)
    assert LayersPhase().obstacle(target) is None
    deadline = time.monotonic() + 60
    return PhaseBudget(target, executor, (), (), lambda: History({}), Random(3), 100, deadline)
