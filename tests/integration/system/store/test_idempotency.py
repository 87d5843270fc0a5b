"""Keys of writes: a repeat gives the first result, and is the same call of the same user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crosstalk.environment import RunningSystem
from system.errors import CallUnderWay, Conflict, KeyReused, NotFound
from system.store import Store, StoreSettings, projects, tasks
from system.store.admin.prune import prune
from system.store.idempotency import PRUNED_AT_ONCE, digest_of
from system.store.schemas import ProjectDraft, TaskChange, TaskDraft, TaskView


def opened(running: RunningSystem, lock_timeout: float) -> Store:
    """A store that waits so many seconds for another transaction's lock."""
    return Store(
        StoreSettings(
            database_url=SecretStr(running.databases["backend"]),
            cursor_secret=SecretStr("a secret of forty characters, for tests."),
            database_lock_timeout=lock_timeout,
            database_pool_size=4,
        )
    )


@pytest.fixture
async def store(running: RunningSystem) -> AsyncIterator[Store]:
    """A store with more patience than a busy machine needs."""
    patient = opened(running, 60.0)
    yield patient
    await patient.close()


@pytest.fixture
async def admin(running: RunningSystem) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees every row."""
    connection = await asyncpg.connect(running.databases["admin"])
    yield connection
    await connection.close()


async def add(store: Store, subject: str, key: str | None, title: str = "milk") -> TaskView:
    """Add a task with a key."""
    async with store.user_session(subject, idempotency_key=key) as session:
        return await tasks.add_task(session, draft=TaskDraft(title=title))


async def count(store: Store, subject: str) -> int:
    """How many tasks the subject has."""
    async with store.user_session(subject) as session:
        return len((await tasks.list_tasks(session)).items)


async def test_a_repeat_gives_the_first_result_whatever_happened_since(
    store: Store, alice: str
) -> None:
    first = await add(store, alice, "k")
    async with store.user_session(alice) as session:
        await tasks.update_task(session, task_id=first.id, change=TaskChange(title="bread"))
    again = await add(store, alice, "k")
    assert again == first
    assert again.model_dump_json() == first.model_dump_json()
    assert await count(store, alice) == 1


async def test_without_a_key_a_repeat_is_another_write(store: Store, alice: str) -> None:
    await add(store, alice, None)
    await add(store, alice, None)
    assert await count(store, alice) == 2


async def test_a_key_with_other_arguments_is_refused(store: Store, alice: str) -> None:
    await add(store, alice, "k")
    with pytest.raises(KeyReused) as caught:
        await add(store, alice, "k", "bread")
    assert (caught.value.code, caught.value.http_status) == ("conflict", 422)
    assert await count(store, alice) == 1


async def test_a_key_belongs_to_one_operation(store: Store, alice: str) -> None:
    await add(store, alice, "k")
    async with store.user_session(alice, idempotency_key="k") as session:
        made = await projects.add_project(session, draft=ProjectDraft(name="Home"))
    assert made.name == "Home"


async def test_the_same_key_of_two_users_is_two_keys(store: Store, alice: str, bob: str) -> None:
    hers, his = await add(store, alice, "k"), await add(store, bob, "k")
    assert hers.id != his.id
    assert await count(store, alice) == await count(store, bob) == 1
    assert await add(store, bob, "k") == his


async def test_a_write_that_fails_leaves_its_key_free(store: Store, alice: str) -> None:
    draft = TaskDraft(title="milk", project_id=uuid4())
    with pytest.raises(NotFound):
        async with store.user_session(alice, idempotency_key="k") as session:
            await tasks.add_task(session, draft=draft)
    assert (await add(store, alice, "k")).title == "milk"


async def test_a_delete_that_is_repeated_succeeds_again(store: Store, alice: str) -> None:
    task = await add(store, alice, None)
    for _ in range(2):
        async with store.user_session(alice, idempotency_key="k") as session:
            assert (await tasks.delete_task(session, task_id=task.id)).id == task.id
    with pytest.raises(NotFound):
        async with store.user_session(alice, idempotency_key="other") as session:
            await tasks.delete_task(session, task_id=task.id)


async def test_a_write_inside_a_write_takes_no_key_of_its_own(
    store: Store, admin: asyncpg.Connection, alice: str
) -> None:
    task = await add(store, alice, None)
    async with store.user_session(alice, idempotency_key="k") as session:
        await tasks.complete_task(session, task_id=task.id)
    kept = await admin.fetch("SELECT operation FROM idempotency_keys WHERE user_id = $1", alice)
    assert [row["operation"] for row in kept] == ["complete_task"]


async def test_of_many_calls_at_once_one_writes_and_all_get_its_result(
    store: Store, alice: str
) -> None:
    results = await asyncio.gather(*(add(store, alice, "k") for _ in range(8)))
    assert len({each.id for each in results}) == 1
    assert await count(store, alice) == 1


async def test_a_call_that_waits_takes_over_when_the_first_one_fails(
    store: Store, alice: str
) -> None:
    await add(store, alice, None)
    claimed = asyncio.Event()

    async def fails() -> None:
        async with store.user_session(alice, idempotency_key="k") as session:
            await tasks.add_task(session, draft=TaskDraft(title="milk"))
            claimed.set()
            await asyncio.sleep(0.05)
            raise NotFound

    first = asyncio.ensure_future(fails())
    await claimed.wait()
    second = await add(store, alice, "k")
    with pytest.raises(NotFound):
        await first
    assert second.title == "milk"
    assert await count(store, alice) == 2


async def test_call_that_would_wait_too_long_for_a_key_is_refused_with_a_retry_time(
    running: RunningSystem, store: Store, alice: str
) -> None:
    impatient = opened(running, 0.2)
    async with store.user_session(alice, idempotency_key="k") as session:
        await tasks.add_task(session, draft=TaskDraft(title="milk"))
        with pytest.raises(CallUnderWay) as caught:
            await add(impatient, alice, "k")
    await impatient.close()
    assert (caught.value.http_status, caught.value.retry_after) == (409, 1)
    assert await count(store, alice) == 1


async def test_an_expired_key_is_as_good_as_new(
    store: Store, admin: asyncpg.Connection, alice: str
) -> None:
    first = await add(store, alice, "k")
    await admin.execute(
        "UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE user_id = $1", alice
    )
    second = await add(store, alice, "k", "bread")
    assert second.id != first.id
    assert await add(store, alice, "k", "bread") == second


async def test_writes_with_keys_remove_a_few_expired_ones_of_their_user(
    store: Store, admin: asyncpg.Connection, alice: str, bob: str
) -> None:
    await check_that_a_few_go(store, admin, alice, bob, plan=())


async def test_a_nested_loop_removes_no_more_of_them(
    store: Store, admin: asyncpg.Connection, alice: str, bob: str
) -> None:
    # The planner prefers it where statistics are old; the others are switched off to have it here.
    others = ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize")
    await check_that_a_few_go(store, admin, alice, bob, plan=others)


async def check_that_a_few_go(
    store: Store, admin: asyncpg.Connection, alice: str, bob: str, *, plan: tuple[str, ...]
) -> None:
    """Each of two writes removes at most `PRUNED_AT_ONCE`; `plan`: what the planner may not use."""
    for subject in (alice, bob):
        await add(store, subject, None)
        await admin.execute(
            "INSERT INTO idempotency_keys (user_id, operation, key, digest, expires_at) "
            "SELECT $1, 'add_task', 'old-' || n, repeat('0', 64), now() - interval '1 h' "
            "FROM generate_series(1, $2) n",
            subject,
            PRUNED_AT_ONCE + 5,
        )

    async def left(subject: str) -> int:
        query = "SELECT count(*) FROM idempotency_keys WHERE user_id = $1 AND key LIKE 'old-%'"
        return int(await admin.fetchval(query, subject))

    async def write(key: str) -> None:
        async with store.user_session(alice, idempotency_key=key) as session:
            for way in plan:
                await session.execute(text(f"SET LOCAL enable_{way} = off"))
            await tasks.add_task(session, draft=TaskDraft(title="milk"))

    await write("k1")
    assert await left(alice) == 5
    await write("k2")
    assert await left(alice) == 0
    assert await left(bob) == PRUNED_AT_ONCE + 5


async def test_an_administrator_removes_what_users_left_behind(
    running: RunningSystem, store: Store, admin: asyncpg.Connection, alice: str, bob: str
) -> None:
    kept = await add(store, alice, "kept")
    await add(store, bob, "k")
    await admin.execute(
        "UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE user_id = $1", bob
    )
    assert await prune(running.databases["admin"], database="crosstalk") >= 1
    left = "SELECT count(*) FROM idempotency_keys WHERE user_id = $1"
    assert await admin.fetchval(left, bob) == 0
    assert await add(store, alice, "kept") == kept
    # Somebody who may not see everything is told so, instead of finding nothing to remove.
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await prune(running.databases["owner"], database="crosstalk")


async def test_a_result_of_an_earlier_version_is_not_made_up_and_nothing_is_written(
    store: Store, admin: asyncpg.Connection, alice: str
) -> None:
    await add(store, alice, "k")
    await admin.execute("UPDATE idempotency_keys SET result = '{}' WHERE user_id = $1", alice)
    with pytest.raises(Conflict, match="earlier version"):
        await add(store, alice, "k")
    assert await count(store, alice) == 1


def test_a_digest_tells_a_field_left_out_from_one_that_is_null() -> None:
    left_out, null = TaskChange(title="x"), TaskChange(title="x", due_date=None)
    assert digest_of({"change": left_out}) != digest_of({"change": null})
    same = TaskChange.model_validate({"due_date": "2026-01-02", "title": "x"})
    other = TaskChange(title="x", due_date=date(2026, 1, 2))
    assert digest_of({"change": same}) == digest_of({"change": other})
