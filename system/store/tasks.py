"""Tasks: every statement names the subject itself, whatever row-level security would also do.

A task in a shared project is its project's owner's row. What a subject does with their own rows is
here, and what with other users' in `system.store.sharing.tasks`, which is asked where a task or a
project is not the subject's own.

The two layers are independent on purpose: either one alone keeps users apart, and the harness
takes each away in turn to show it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Result,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import col

from system.errors import NotFound
from system.store.idempotency import idempotent
from system.store.models import Project, Task, new_id
from system.store.pages import cut_page, decode_cursor, encode_cursor
from system.store.quotas import require_quota
from system.store.schemas import (
    BulkCompletion,
    Deletion,
    TaskChange,
    TaskDraft,
    TaskPage,
    TaskStatus,
    TaskView,
)
from system.store.session import UserSession
from system.store.sharing import tasks as shared
from system.store.sharing.access import newest_of_both, refuse_members
from system.store.sharing.task_views import named_tasks, of_status, view_of
from system.store.users import ensure_user


@idempotent
async def add_task(session: UserSession, *, draft: TaskDraft) -> TaskView:
    """Store a task.

    Raises:
        NotFound: `project_id` is not a project that this user sees.
        Forbidden: It is one that they may only read.
        Conflict: The user has as many tasks as one may keep.
    """
    await ensure_user(session)
    place = await shared.place_of(session, draft.project_id)
    if place is not None:
        return await shared.add_task(session, place, draft)
    await require_quota(session, Task)
    if draft.project_id is not None:
        await _require_project(session, draft.project_id)
    values: dict[str, Any] = draft.model_dump()
    if draft.status is TaskStatus.COMPLETED:
        values["completed_at"] = func.now()
    task_id = new_id()
    await session.execute(insert(Task).values(user_id=session.user_id, id=task_id, **values))
    return await get_task(session, task_id=task_id)


async def get_task(session: UserSession, *, task_id: UUID) -> TaskView:
    """Read one task.

    Raises:
        NotFound: No such task for this user; another user's task is treated like a missing one.
    """
    rows = await session.execute(_tasks(session).where(col(Task.id) == task_id))
    row = rows.one_or_none()
    if row is None:
        return await shared.get_task(session, task_id)
    session.note_project(row[0].project_id)
    return view_of(row)


async def list_tasks(
    session: UserSession,
    *,
    status: TaskStatus | None = None,
    project_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> TaskPage:
    """A page of tasks, newest first, optionally of one status or project.

    A project that is not the user's gives an empty page, as an empty project does.

    Raises:
        ValidationFailed: The cursor is not one of this list.
    """
    filters: list[ColumnElement[bool]] = []
    if status is not None:
        filters.append(of_status(status))
    if project_id is not None:
        filters.append(col(Task.project_id) == project_id)
    listing = f"tasks:{status or ''}:{project_id or ''}"
    return await _page(session, listing, filters, cursor, limit)


async def search_tasks(
    session: UserSession, *, query: str, cursor: str | None = None, limit: int = 20
) -> TaskPage:
    """A page of tasks whose title or description contains `query`, case-insensitively.

    Raises:
        ValidationFailed: The cursor is not one of this search.
    """
    contains = or_(
        col(Task.title).icontains(query, autoescape=True),
        col(Task.description).icontains(query, autoescape=True),
    )
    return await _page(session, f"search:{query}", [contains], cursor, limit, session.search)


@idempotent
async def update_task(session: UserSession, *, task_id: UUID, change: TaskChange) -> TaskView:
    """Change the given fields of a task and leave the others.

    Raises:
        NotFound: No such task for this user, or `project_id` is not one of their projects.
        Forbidden: The task is one that they may only read, or would go to another's project.
    """
    values: dict[str, Any] = change.model_dump(exclude_unset=True)
    if change.project_id is not None:
        await _require_project(session, change.project_id)
    if "status" in values:
        done = values["status"] is TaskStatus.COMPLETED
        values["completed_at"] = func.coalesce(Task.completed_at, func.now()) if done else None
    await _change(session, task_id, values)
    return await get_task(session, task_id=task_id)


@idempotent
async def complete_task(session: UserSession, *, task_id: UUID) -> TaskView:
    """Mark a task completed; completing it again changes nothing.

    Raises:
        NotFound: No such task for this user.
        Forbidden: It is one that they may only read.
    """
    return await update_task(
        session, task_id=task_id, change=TaskChange(status=TaskStatus.COMPLETED)
    )


@idempotent
async def complete_all_tasks(
    session: UserSession, *, project_id: UUID | None = None
) -> BulkCompletion:
    """Mark all open tasks of the user's own completed, or those of one project.

    Raises:
        NotFound: `project_id` is not a project that this user sees.
        Forbidden: It is one that they may only read.
    """
    place = await shared.place_of(session, project_id)
    if place is not None:
        return await shared.complete_all_tasks(session, place)
    statement = update(Task).where(
        col(Task.user_id) == session.user_id,
        col(Task.status) != TaskStatus.COMPLETED.value,
    )
    if project_id is not None:
        await _require_project(session, project_id)
        session.note_project(project_id)
        statement = statement.where(col(Task.project_id) == project_id)
    statement = statement.values(
        status=TaskStatus.COMPLETED.value, completed_at=func.now(), updated_at=func.now()
    )
    changed = await session.execute(statement.returning(col(Task.id)))
    return BulkCompletion(completed=len(changed.all()))


@idempotent
async def delete_task(session: UserSession, *, task_id: UUID) -> Deletion:
    """Remove a task.

    Raises:
        NotFound: No such task for this user.
        Forbidden: It is one that they may only read.
    """
    statement = delete(Task).where(
        col(Task.user_id) == session.user_id,
        col(Task.id) == task_id,
    )
    deleted = await session.execute(statement.returning(col(Task.id)))
    if deleted.one_or_none() is None:
        await shared.delete_task(session, task_id)
    return Deletion(id=task_id)


async def _change(session: UserSession, task_id: UUID, values: dict[str, Any]) -> None:
    statement = update(Task).where(
        col(Task.user_id) == session.user_id,
        col(Task.id) == task_id,
    )
    changed = await session.execute(
        statement.values(**values, updated_at=func.now()).returning(col(Task.id))
    )
    if changed.one_or_none() is None:
        await shared.change_task(session, task_id, values)


async def _require_project(session: UserSession, project_id: UUID) -> None:
    statement = select(col(Project.id)).where(
        col(Project.user_id) == session.user_id,
        col(Project.id) == project_id,
    )
    if (await session.execute(statement)).one_or_none() is None:
        await refuse_members(session, project_id)
        raise NotFound()


async def _page(
    session: UserSession,
    listing: str,
    filters: list[ColumnElement[bool]],
    cursor: str | None,
    limit: int,
    run: Callable[[Executable], Awaitable[Result[Any]]] | None = None,
) -> TaskPage:
    statement = _tasks(session).where(*filters)
    after = decode_cursor(session, listing, cursor)
    if after is not None:
        statement = statement.where(col(Task.id) < after)
        filters = [*filters, col(Task.id) < after]
    others = shared.newest_tasks(session, filters, limit + 1)
    statement = statement.order_by(col(Task.id).desc()).limit(limit + 1)
    found = await (run or session.execute)(newest_of_both(named_tasks(), statement, others))
    rows, more = cut_page(list(found.all()), limit)
    items = [view_of(row) for row in rows]
    return TaskPage(
        items=items,
        next_cursor=encode_cursor(session, listing, items[-1].id) if more else None,
    )


def _tasks(session: UserSession) -> Select[Task, str]:
    """The subject's tasks with the names of their projects."""
    return (
        named_tasks()
        .where(col(Task.user_id) == session.user_id)
        .execution_options(populate_existing=True)
    )
