"""Reads in one statement: they see what a transaction sees, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, text

from system.errors import Forbidden, NotFound, ValidationFailed
from system.store import Store, UserSession, projects, stats, tasks
from system.store.schemas import (
    InvitationDraft,
    MemberRole,
    ProjectDraft,
    TaskDraft,
    TaskStatus,
)
from system.store.sharing import invitations, members

# What would let a planner join in another order.
_PLANNER = ("enable_nestloop", "enable_material", "enable_hashjoin", "enable_mergejoin")


@pytest.fixture
async def shared(store: Store, alice: str, bob: str) -> dict[str, Any]:
    """Ids of Alice's task and project, in which Bob is a viewer, and of a task of Bob's own."""
    async with store.user_session(alice) as session:
        project = await projects.add_project(session, draft=ProjectDraft(name="Home"))
        draft = TaskDraft(title="hers", project_id=project.id)
        task = await tasks.add_task(session, draft=draft)
        await tasks.add_task(session, draft=TaskDraft(title="hers alone"))
        offer = InvitationDraft.model_validate({"invitee_id": bob, "role": MemberRole.VIEWER})
        invited = await invitations.invite(session, project_id=project.id, draft=offer)
    async with store.user_session(bob) as session:
        await invitations.accept_invitation(session, invitation_id=invited.id)
        own = await tasks.add_task(session, draft=TaskDraft(title="his"))
    return {"task": task.id, "project": project.id, "own": own.id}


async def test_a_read_shows_what_a_transaction_shows(
    store: Store, alice: str, bob: str, shared: dict[str, Any]
) -> None:
    page = await _listed(store, bob)
    reads: list[Callable[[UserSession], Awaitable[object]]] = [
        tasks.list_tasks,
        lambda s: tasks.list_tasks(s, status=TaskStatus.PENDING),
        lambda s: tasks.list_tasks(s, project_id=shared["project"]),
        lambda s: tasks.list_tasks(s, cursor=page.next_cursor, limit=1),
        lambda s: tasks.get_task(s, task_id=shared["task"]),
        projects.list_projects,
        lambda s: projects.get_project(s, project_id=shared["project"]),
        lambda s: members.list_members(s, project_id=shared["project"]),
        invitations.list_invitations,
        stats.get_user_stats,
    ]
    for subject in (alice, bob):
        for read in reads[: 3 if subject == alice else None]:
            async with store.user_session(subject) as session:
                expected = await read(session)
            async with store.read_session(subject) as session:
                assert await read(session) == expected


async def test_a_read_is_one_statement_without_a_transaction(store: Store, alice: str) -> None:
    async with store.user_session(alice) as session:
        await tasks.add_task(session, draft=TaskDraft(title="hers"))
    sent: list[str] = []
    event.listen(
        store._reading.sync_engine,
        "before_cursor_execute",
        lambda c, cursor, statement, *rest: sent.append(statement),
    )
    async with store.read_session(alice) as session:
        found = await tasks.list_tasks(session)
        raw = await session._connection.get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None
        assert not driver.is_in_transaction()
    assert [each.title for each in found.items] == ["hers"]
    assert len(sent) == 1


async def test_a_read_finds_no_foreign_task(store: Store, alice: str, bob: str) -> None:
    async with store.user_session(alice) as session:
        task = await tasks.add_task(session, draft=TaskDraft(title="hers"))
    with pytest.raises(NotFound):
        async with store.read_session(bob) as session:
            await tasks.get_task(session, task_id=task.id)
    assert (await _listed(store, bob)).items == []


async def test_a_read_leaves_neither_subject_nor_autocommit(
    store: Store, alice: str, bob: str
) -> None:
    await _listed(store, alice)
    async with store._engine.connect() as connection:
        assert not await connection.scalar(text("SELECT current_setting('app.user_id', true)"))
        assert await connection.scalar(text("SELECT count(*) FROM tasks")) == 0
    with pytest.raises(NotFound):
        async with store.user_session(bob) as session:
            await tasks.add_task(session, draft=TaskDraft(title="undone"))
            raise NotFound()
    assert (await _listed(store, bob)).items == []


async def test_a_failed_read_leaves_the_connection_to_others(
    store: Store, alice: str, bob: str
) -> None:
    with pytest.raises(ValidationFailed):
        async with store.read_session(alice) as session:
            await session.execute(text("SELECT 1 / 0"))
    await test_a_read_leaves_neither_subject_nor_autocommit(store, alice, bob)


@pytest.mark.parametrize("off", [(), *((each,) for each in _PLANNER), _PLANNER])
async def test_the_subject_is_set_first_whatever_the_planner_may_use(
    store: Store, bob: str, shared: dict[str, Any], off: tuple[str, ...]
) -> None:
    async with store._engine.begin() as connection:
        for each in off:
            await connection.execute(text(f"SET {each} = off"))
    assert {each.title for each in (await _listed(store, bob)).items} == {"his", "hers"}


async def test_a_read_session_refuses_writes_and_searches(store: Store, alice: str) -> None:
    async with store.read_session(alice) as session:
        with pytest.raises(TypeError, match="transaction"):
            await tasks.add_task(session, draft=TaskDraft(title="x"))
        with pytest.raises(TypeError, match="transaction"):
            await tasks.search_tasks(session, query="x")
    assert (await _listed(store, alice)).items == []


async def test_a_read_without_a_subject_is_refused(store: Store) -> None:
    async with store._reading.connect() as connection:
        with pytest.raises(TypeError, match="subject"):
            await connection.execute(text("SELECT count(*) FROM tasks"))
    with pytest.raises(Forbidden):
        async with store.read_session(""):
            pass


async def _listed(store: Store, subject: str) -> Any:
    async with store.read_session(subject) as session:
        return await tasks.list_tasks(session)
