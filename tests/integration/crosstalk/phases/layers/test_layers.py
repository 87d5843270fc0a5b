"""Each layer alone: nothing crosses in the system as it is, and what is broken on purpose does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import asyncpg
import pytest

from crosstalk.core.history import History
from crosstalk.core.script import Script
from crosstalk.environment import RunningSystem
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.layers import LayersPhase
from crosstalk.phases.layers.bypass import opened
from crosstalk.phases.layers.database import SERVICES, examine
from crosstalk.surface.capabilities import Capabilities
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.reference.target import reference_target
from tests.unit.crosstalk.execution.test_replay import Notes

_POLICIES = "SELECT tablename, policyname, qual, with_check FROM pg_policies ORDER BY 1, 2"


def _sql(running: RunningSystem, *statements: str) -> list[tuple[object, ...]]:
    async def run() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(running.databases["admin"])
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return [tuple(row) for row in await connection.fetch(statements[-1])]
        finally:
            await connection.close()

    return asyncio.run(run())


@contextmanager
def broken(running: RunningSystem, how: str, mended: str) -> Iterator[None]:
    """The database, emptied of what other tests stored, with something done to it; then undone."""
    running.reset()
    _sql(running, how, "SELECT 1")
    try:
        yield
    finally:
        _sql(running, mended, "SELECT 1")


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_reaches_another_s_rows_in_sql(running: RunningSystem, service: str) -> None:
    found = examine(running.databases, service)
    assert found.crossed == {}
    assert found.could > 60
    # The MCP server may not use conversations and messages, so nothing of them can show there.
    assert (found.could < found.tried) is (service == "mcp")


@pytest.mark.parametrize(
    ("how", "mended", "attempt"),
    [
        (
            "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY",
            "read as another, tasks",
        ),
        (
            "CREATE POLICY late ON tasks FOR SELECT USING (true)",
            "DROP POLICY late ON tasks",
            "read without subject, tasks",
        ),
        (
            "ALTER POLICY tenant ON projects WITH CHECK (true)",
            "ALTER POLICY tenant ON projects WITH CHECK "
            "(user_id = (SELECT current_setting('app.user_id', true)))",
            "insert for another, projects",
        ),
        (
            "CREATE VIEW overview AS SELECT * FROM tasks; GRANT SELECT ON overview TO PUBLIC",
            "DROP VIEW overview",
            "view overview",
        ),
        (
            "CREATE FUNCTION of_user(who text) RETURNS SETOF tasks LANGUAGE sql SECURITY DEFINER "
            "AS 'SELECT * FROM public.tasks WHERE user_id = who'",
            "DROP FUNCTION of_user",
            "function of_user",
        ),
        (
            "GRANT crosstalk_owner TO crosstalk_mcp",
            "REVOKE crosstalk_owner FROM crosstalk_mcp",
            "SET ROLE crosstalk_owner",
        ),
        (
            "CREATE UNIQUE INDEX one_title ON projects (name)",
            "DROP INDEX one_title",
            "insert what another has, projects",
        ),
    ],
)
def test_fault_in_the_database_is_named(
    running: RunningSystem, how: str, mended: str, attempt: str
) -> None:
    with broken(running, how, mended):
        assert attempt in examine(running.databases, "mcp").crossed
    assert examine(running.databases, "mcp").crossed == {}


def test_a_layer_is_taken_away_and_put_back(running: RunningSystem) -> None:
    before = _sql(running, _POLICIES)
    with opened(running.databases["admin"]):
        found = examine(running.databases, "backend")
        assert "read as another, tasks" in found.crossed
        lines = found.commands["read as another, tasks"]
        assert lines[1].startswith('psql "$BACKEND_DATABASE_URL"')
        assert any("FROM tasks" in each for each in lines)
    assert _sql(running, _POLICIES) == before


@pytest.mark.parametrize("layer", ["agent", "mcp", "rest", "chatkit"])
def test_each_layer_keeps_users_apart_without_the_database_s(
    running: RunningSystem, layer: str
) -> None:
    target = reference_target(running, {})
    try:
        outcome = _layer(layer).run(_turn(target))
    finally:
        target.close()
    assert outcome.findings == []
    assert outcome.inconclusive == []
    assert outcome.controls[f"layer {layer}"].oracles["layer"] > 10
    assert outcome.controls[f"layer {layer}"].own_reads > 2


def test_a_finding_in_sql_replays_while_it_is_there(running: RunningSystem) -> None:
    target = reference_target(running, {})
    try:
        layers = _layer("database as backend")
        with broken(
            running,
            "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY",
        ):
            (finding,) = layers.run(_turn(target)).findings
            script = Script.from_json(finding.script.to_json())
            assert layers.reproduces(_turn(target), script) is not None
        assert layers.reproduces(_turn(target), script) is None
    finally:
        target.close()
    assert finding.operation == "layer database as backend"


def test_a_system_whose_database_is_not_known_has_no_layers_to_try() -> None:
    system = Notes(leaks=False)
    assert "one by one" in str(
        LayersPhase().obstacle(Target({"mem": system}, system, discovered({"mem": system})))
    )


def _layer(name: str) -> LayersPhase:
    layers = LayersPhase()
    layers._todo = [name]
    return layers


def _turn(target: Target) -> PhaseBudget:
    executor = Executor(target.surfaces, target.operations, target.credentials)
    capabilities = Capabilities.of(list(executor.operations.values()))
    observations = tuple(each for each in capabilities.protected if each.lists)

    def fresh() -> History:
        nonce = f"{time.monotonic_ns():x}"
        return History({name: f"{name}-{nonce}" for name in ("alice", "bob", "carol")})

    deadline = time.monotonic() + 60
    return PhaseBudget(target, executor, (), observations, fresh, Random(3), 500, deadline)
