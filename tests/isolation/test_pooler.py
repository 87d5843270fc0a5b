"""Behind PgBouncer in transaction mode users stay apart, and what a connection keeps would not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import asyncpg
import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.environment import (
    EnvironmentFailed,
    ProcessEnvironment,
    ProcessOptions,
    RunningSystem,
)
from crosstalk.environment.parts.pgbouncer import SERVER_CONNECTIONS, find_pgbouncer
from crosstalk.targets.reference.pools import fill_pools
from crosstalk.targets.reference.target import reference_target
from system.store import Store, StoreSettings

_USERS = 12


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """The reference system with PgBouncer between its services and PostgreSQL."""
    try:
        find_pgbouncer()
    except EnvironmentFailed as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("pooled")
    with ProcessEnvironment(ProcessOptions(run_folder=folder, pooler="pgbouncer")) as system:
        yield system


def pooled_url(system: RunningSystem) -> str:
    """What the backend is told."""
    return system.services["backend"].environment["DATABASE_URL"]


@asynccontextmanager
async def connections(url: str, number: int) -> AsyncIterator[list[asyncpg.Connection]]:
    opened = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(number)]
    try:
        yield opened
    finally:
        for each in opened:
            await each.close()


@pytest.mark.long
def test_campaign_through_the_pooler_finds_nothing(pooled: RunningSystem) -> None:
    target = reference_target(pooled, {})
    try:
        fill_pools(target, pooled)
        options = CampaignOptions(calls=150, seconds=300, seed=7)
        result = Campaign(target, options, lambda event: None).run()
    finally:
        target.close()
    assert result.findings == []
    assert sum(each.own_reads for each in result.controls.values()) > 20


async def test_concurrent_users_share_pooler_connections_and_no_state(
    pooled: RunningSystem,
) -> None:
    def live(number: int) -> list[set[str]]:
        subject = f"pooled-{number}"
        headers = {"Authorization": f"Bearer {pooled.mint(subject)}"}
        place = f"{pooled.backend_url}/api/{subject}/tasks"
        with httpx2.Client(headers=headers, timeout=30) as client:
            for count in range(4):
                client.post(place, json={"title": f"{subject}: {count}"}).raise_for_status()
            return [
                {each["title"].split(":")[0] for each in client.get(place).json()["items"]}
                for _ in range(4)
            ]

    with ThreadPoolExecutor(_USERS) as pool:
        seen = list(pool.map(live, range(_USERS)))
    assert seen == [[{f"pooled-{number}"}] * 4 for number in range(_USERS)]
    admin = await asyncpg.connect(pooled.databases["admin"])
    try:
        used = await admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'crosstalk_backend'"
        )
    finally:
        await admin.close()
    assert 1 < used <= SERVER_CONNECTIONS


async def test_limits_hold_in_each_transaction(pooled: RunningSystem) -> None:
    store = Store(
        StoreSettings(
            database_url=SecretStr(pooled_url(pooled)),
            database_pooler="transaction",
            database_statement_timeout=7.0,
            cursor_secret=SecretStr("a secret of forty characters, for tests."),
        )
    )
    try:
        for subject in ("one", "another"):
            async with store.user_session(subject) as session:
                shown = await session.execute(text("SHOW statement_timeout"))
                assert shown.scalar_one() == "7s"
    finally:
        await store.close()


async def test_session_level_setting_reaches_the_next_client_of_the_pooler(
    pooled: RunningSystem,
) -> None:
    """The control: the difference between `SET LOCAL` and `SET` can be seen here."""
    async with connections(pooled_url(pooled), 2) as (one, another):
        async with one.transaction():
            await one.execute("SELECT set_config('app.user_id', 'alice', true)")
        assert not await another.fetchval("SELECT current_setting('app.user_id', true)")
        async with one.transaction():
            await one.execute("SELECT set_config('app.user_id', 'alice', false)")
        async with another.transaction():
            assert await another.fetchval("SELECT current_setting('app.user_id', true)") == "alice"
            # Left as it was found: this connection is the services' as well.
            await another.execute("SELECT set_config('app.user_id', '', false)")
