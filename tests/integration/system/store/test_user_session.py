"""The one door: transactions that speak for one subject, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr, TypeAdapter
from sqlalchemy.engine import make_url

from crosstalk.environment import RunningSystem
from system.errors import Conflict, Forbidden, NotFound, Unavailable, ValidationFailed
from system.store import Store, StoreSettings, UserSession, conversations, projects, stats, tasks
from system.store.schemas import (
    Cursor,
    MessageRole,
    ProjectChange,
    ProjectDraft,
    TaskChange,
    TaskDraft,
)


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
        lambda s: projects.rename_project(s, project_id=project.id, change=ProjectChange(name="x")),
        lambda s: projects.delete_project(s, project_id=project.id),
        lambda s: conversations.get(s, conversation_id=talk.id),
        lambda s: conversations.rename(s, conversation_id=talk.id, title="x"),
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


async def test_project_names_are_unique_per_user(store: Store, alice: str, bob: str) -> None:
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


async def test_statistics_count_the_users_own_rows(store: Store, alice: str, bob: str) -> None:
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
async def test_session_refuses_invalid_subjects(store: Store, subject: str) -> None:
    with pytest.raises(Forbidden):
        async with store.user_session(subject):
            raise AssertionError


async def test_session_is_unavailable_when_no_connection_comes_free(
    store: Store, alice: str
) -> None:
    async with store.user_session(alice):
        with pytest.raises(Unavailable):
            async with store.user_session(alice):
                raise AssertionError


async def test_a_search_of_any_length_has_cursors_that_are_accepted(
    store: Store, alice: str
) -> None:
    # Incompressible and outside ASCII: the longest a cursor could have become.
    query = "".join(chr(0x4E00 + number * 37 % 20_000) for number in range(200))
    async with store.user_session(alice) as session:
        for _ in range(2):
            await tasks.add_task(session, draft=TaskDraft(title=query))
        first = await tasks.search_tasks(session, query=query, limit=1)
        cursor = TypeAdapter(Cursor).validate_python(first.next_cursor)
        rest = await tasks.search_tasks(session, query=query, limit=1, cursor=cursor)
    assert len({each.id for each in (*first.items, *rest.items)}) == 2


async def test_lists_and_bulk_changes_are_limited_to_the_users_own_rows(
    store: Store, alice: str, bob: str
) -> None:
    async with store.user_session(alice) as session:
        project = await projects.add_project(session, draft=ProjectDraft(name="Home"))
        task = await tasks.add_task(session, draft=TaskDraft(title="milk", project_id=project.id))
        await conversations.start(session, title="milk")
    async with store.user_session(bob) as session:
        assert (await tasks.list_tasks(session)).items == []
        assert (await tasks.list_tasks(session, project_id=project.id)).items == []
        assert (await tasks.search_tasks(session, query="milk")).items == []
        assert (await projects.list_projects(session)).items == []
        assert (await conversations.list_conversations(session)).items == []
        assert (await tasks.complete_all_tasks(session)).completed == 0
        assert (await stats.get_user_stats(session)).projects == 0
    async with store.user_session(alice) as session:
        assert await tasks.get_task(session, task_id=task.id) == task


async def test_a_foreign_project_is_refused_by_the_key_when_the_query_forgets(
    store: Store, alice: str, bob: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(session: UserSession, project_id: UUID) -> None:
        """Checks nothing."""

    async with store.user_session(alice) as session:
        project = await projects.add_project(session, draft=ProjectDraft(name="Home"))
    monkeypatch.setattr(tasks, "_require_project", forgetful)
    refusals = []
    for wanted in (project.id, uuid4()):
        with pytest.raises(NotFound) as caught:
            async with store.user_session(bob) as session:
                await tasks.add_task(session, draft=TaskDraft(title="x", project_id=wanted))
        refusals.append(caught.value.envelope())
    assert refusals[0] == refusals[1] == NotFound().envelope()


async def test_ids_are_uuid7_in_the_order_of_making(store: Store, alice: str) -> None:
    async with store.user_session(alice) as session:
        made = [(await tasks.add_task(session, draft=TaskDraft(title="x"))).id for _ in range(5)]
    assert {each.version for each in made} == {7}
    assert made == sorted(made)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
async def test_text_that_cannot_be_stored_is_the_callers_error_even_past_the_schemas(
    store: Store, alice: str, text: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        async with store.user_session(alice) as session:
            await conversations.start(session, title=text)
    assert text not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"database": "nowhere"}, {"port": 1}])
async def test_database_that_refuses_connections_is_unavailable(
    running: RunningSystem, alice: str, wrong: dict[str, Any]
) -> None:
    url = make_url(running.databases["backend"]).set(**wrong).render_as_string(False)
    store = Store(StoreSettings(database_url=SecretStr(url), cursor_secret=SecretStr("s" * 32)))
    with pytest.raises(Unavailable):
        await store.ping()
    with pytest.raises(Unavailable):
        async with store.user_session(alice):
            raise AssertionError
    await store.close()
