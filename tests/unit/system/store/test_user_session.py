"""The one door: transactions that speak for one subject, and leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from pydantic import SecretStr, ValidationError

from harness.environment import RunningProcesses
from system.errors import Conflict, Forbidden, NotFound, Unavailable, ValidationFailed
from system.store import Store, StoreSettings, UserSession, conversations, projects, stats, tasks
from system.store.schemas import MessageRole, ProjectDraft, TaskChange, TaskDraft


def settings(running: RunningProcesses, pool: int, overflow: int) -> StoreSettings:
    """A store of the backend's role."""
    return StoreSettings(
        database_url=SecretStr(running.databases["backend"]),
        cursor_secret=SecretStr("a secret of forty characters, for tests."),
        database_pool_timeout=2.0,
        database_pool_size=pool,
        database_max_overflow=overflow,
    )


@pytest.fixture
async def store(running: RunningProcesses) -> AsyncIterator[Store]:
    """A store with a pool of one, where anything left behind meets the next user."""
    opened = Store(settings(running, 1, 0))
    yield opened
    await opened.close()


async def test_foreign_and_missing_objects_are_one_and_the_same_error(
    store: Store, alice: str, bob: str
) -> None:
    async with store.user_session(alice) as session:
        task = await tasks.add_task(session, draft=TaskDraft(title="milk"))
        project = await projects.add_project(session, draft=ProjectDraft(name="Home"))
        talk = await conversations.start(session, title="hello")
    attempts: list[Callable[[UserSession], Awaitable[object]]] = [
        lambda s: tasks.get_task(s, task_id=task.id),
        lambda s: tasks.update_task(s, task_id=task.id, change=TaskChange(title="x")),
        lambda s: tasks.complete_task(s, task_id=task.id),
        lambda s: tasks.delete_task(s, task_id=task.id),
        lambda s: tasks.add_task(s, draft=TaskDraft(title="x", project_id=project.id)),
        lambda s: tasks.complete_all_tasks(s, project_id=project.id),
        lambda s: projects.get_project(s, project_id=project.id),
        lambda s: projects.delete_project(s, project_id=project.id),
        lambda s: conversations.get(s, conversation_id=talk.id),
        lambda s: conversations.messages(s, conversation_id=talk.id),
        lambda s: conversations.append(
            s, conversation_id=talk.id, role=MessageRole.USER, content="x"
        ),
        lambda s: conversations.remove(s, conversation_id=talk.id),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound) as caught:
            async with store.user_session(bob) as session:
                await attempt(session)
        assert caught.value.envelope() == NotFound().envelope()
    async with store.user_session(alice) as session:
        assert await tasks.get_task(session, task_id=task.id) == task


async def test_names_are_unique_among_ones_own_alone(store: Store, alice: str, bob: str) -> None:
    for subject in (alice, bob):
        async with store.user_session(subject) as session:
            await projects.add_project(session, draft=ProjectDraft(name="Home"))
    with pytest.raises(Conflict):
        async with store.user_session(alice) as session:
            await projects.add_project(session, draft=ProjectDraft(name="Home"))


async def test_a_cursor_serves_its_owner_in_its_list_alone(
    store: Store, alice: str, bob: str
) -> None:
    for subject in (alice, bob):
        async with store.user_session(subject) as session:
            for title in ("one", "two", "three"):
                await tasks.add_task(session, draft=TaskDraft(title=title))
    async with store.user_session(alice) as session:
        page = await tasks.list_tasks(session, limit=2)
        assert page.next_cursor is not None
        rest = await tasks.list_tasks(session, limit=2, cursor=page.next_cursor)
        assert [each.title for each in (*page.items, *rest.items)] == ["three", "two", "one"]
        assert rest.next_cursor is None
        with pytest.raises(ValidationFailed, match="cursor"):
            await tasks.search_tasks(session, query="o", cursor=page.next_cursor)
        with pytest.raises(ValidationFailed, match="cursor"):
            await tasks.list_tasks(session, cursor=f"{page.next_cursor}x")
    with pytest.raises(ValidationFailed, match="cursor"):
        async with store.user_session(bob) as session:
            await tasks.list_tasks(session, cursor=page.next_cursor)


async def test_search_takes_wildcards_literally(store: Store, alice: str) -> None:
    async with store.user_session(alice) as session:
        await tasks.add_task(session, draft=TaskDraft(title="100% done"))
        await tasks.add_task(session, draft=TaskDraft(title="other", description="See MILK"))
        assert [t.title for t in (await tasks.search_tasks(session, query="%")).items] == [
            "100% done"
        ]
        assert [t.title for t in (await tasks.search_tasks(session, query="milk")).items] == [
            "other"
        ]


async def test_statistics_count_ones_own(store: Store, alice: str, bob: str) -> None:
    async with store.user_session(bob) as session:
        await tasks.add_task(session, draft=TaskDraft(title="his"))
    async with store.user_session(alice) as session:
        first = await tasks.add_task(session, draft=TaskDraft(title="hers"))
        await tasks.complete_task(session, task_id=first.id)
        await tasks.add_task(
            session, draft=TaskDraft.model_validate({"title": "late", "due_date": "2020-01-01"})
        )
        counted = await stats.get_user_stats(session)
    assert counted.model_dump() == {
        "total": 2,
        "pending": 1,
        "in_progress": 0,
        "completed": 1,
        "overdue": 1,
        "projects": 0,
    }


async def test_an_error_rolls_everything_back(store: Store, alice: str) -> None:
    with pytest.raises(RuntimeError):
        async with store.user_session(alice) as session:
            await tasks.add_task(session, draft=TaskDraft(title="never"))
            raise RuntimeError
    async with store.user_session(alice) as session:
        assert (await tasks.list_tasks(session)).items == []


@pytest.mark.parametrize("subject", ["", "x" * 256, "a\x00b", "\ud800"])
async def test_refuses_subjects_that_cannot_be(store: Store, subject: str) -> None:
    with pytest.raises(Forbidden):
        async with store.user_session(subject):
            raise AssertionError


async def test_says_unavailable_when_no_connection_comes_free(store: Store, alice: str) -> None:
    async with store.user_session(alice):
        with pytest.raises(Unavailable):
            async with store.user_session(alice):
                raise AssertionError


async def test_cancellation_at_any_moment_leaves_nothing_behind(
    store: Store, running: RunningProcesses, alice: str, bob: str
) -> None:
    """With one connection, whatever a cancelled request leaves on it meets the next user."""
    async with store.user_session(bob) as session:
        await tasks.add_task(session, draft=TaskDraft(title="his"))

    async def work() -> None:
        async with store.user_session(alice) as session:
            await tasks.add_task(session, draft=TaskDraft(title="hers"))
            await tasks.list_tasks(session)

    for steps in range(60):
        task = asyncio.ensure_future(work())
        for _ in range(steps):
            await asyncio.sleep(0)
        # Both kinds of moment: between events, and while PostgreSQL is at work.
        await asyncio.sleep(steps * 0.0002)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        async with store.user_session(bob) as session:
            titles = [each.title for each in (await tasks.list_tasks(session)).items]
        assert titles == ["his"]
    assert store.pool_status().checked_out == 0
    admin = await asyncpg.connect(running.databases["admin"])
    try:
        idle = await admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        )
    finally:
        await admin.close()
    assert idle == 0


@pytest.mark.parametrize("title", ["", " ", "x" * 201, "a\x00b", "\ud800", None, 5, ["x"]])
def test_titles_that_cannot_be_stored_are_refused(title: object) -> None:
    with pytest.raises(ValidationError):
        TaskDraft.model_validate({"title": title})


def test_limits_are_where_they_are_said_to_be() -> None:
    assert TaskDraft(title="x" * 200, description="d" * 2_000).title == "x" * 200
    with pytest.raises(ValidationError):
        TaskDraft.model_validate({"title": "x", "description": "d" * 2_001})
    with pytest.raises(ValidationError):
        TaskDraft.model_validate({"title": "x", "surprise": 1})
