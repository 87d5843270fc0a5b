"""Tasks in other users' projects, as a member reads and an editor changes them.

A task that the subject does not see is not found; one that they see and may not change is
forbidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    func,
    insert,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from system.errors import Forbidden, NotFound
from system.store.models import Membership, Task, new_id
from system.store.prepared import THE_SUBJECT
from system.store.quotas import require_quota
from system.store.schemas import BulkCompletion, MemberRole, TaskDraft, TaskStatus, TaskView
from system.store.session import UserSession
from system.store.sharing.access import Place, find_place, in_shared_projects
from system.store.sharing.task_views import lasting, named_tasks, view_of

# What an editor leaves as it is: where a task belongs is its owner's to say.
_PLACE = "project_id"


def tasks_of(session: UserSession) -> Select[Task, str]:
    """Return the statement for the tasks of the projects that are shared with the subject."""
    return named_tasks().where(_shared(session))


def newest_tasks(
    session: UserSession, filters: Sequence[ColumnElement[bool]], limit: int
) -> Select[Task, str]:
    """Return the statement for the newest of those tasks, and for some that are older.

    Each project gives as many as the limit by its index, so that a large project does
    not make the lists of its members slow.
    """
    made = _newest_kept if lasting(filters) else _newest_tasks
    return made(limit, *filters)


def _newest_tasks(limit: int, *filters: ColumnElement[bool]) -> Select[Task, str]:
    place = aliased(Membership)
    newest = (
        select(col(Task.user_id), col(Task.id))
        .where(
            col(Task.user_id) == place.user_id,
            col(Task.project_id) == place.project_id,
            *filters,
        )
        .order_by(col(Task.id).desc())
        .limit(limit)
        .correlate(place)
        .lateral("newest")
    )
    of_each = (
        select(newest.c.user_id, newest.c.id)
        .select_from(place)
        .join(newest, true())
        .where(col(place.member_id) == THE_SUBJECT)
    )
    return named_tasks().where(tuple_(col(Task.user_id), col(Task.id)).in_(of_each))


# For first pages, of all tasks or of one status, which are most of the lists that are read: putting
# the statement together took a third of their time. There are as many limits as a page may have
# rows.
_newest_kept = cache(_newest_tasks)


async def place_of(session: UserSession, project_id: UUID | None) -> Place | None:
    """Return the subject's place in another user's project; None where it is not shared with them.

    A write that has a place is remembered as one in that project.
    """
    place = await find_place(session, project_id) if project_id is not None else None
    if place is not None:
        session.note_project(place.project_id)
    return place


async def add_task(session: UserSession, place: Place, draft: TaskDraft) -> TaskView:
    """Store a task in another user's project.

    Raises:
        Forbidden: The subject may only read it.
        Conflict: The project has as many tasks as its owner may keep.
    """
    place.require_editor()
    # Of the owner's tasks the editor's own transaction counts those that the editor sees.
    await require_quota(session, Task, owner=place.owner_id)
    values: dict[str, Any] = draft.model_dump()
    if draft.status is TaskStatus.COMPLETED:
        values["completed_at"] = func.now()
    task_id = new_id()
    row = {"user_id": place.owner_id, "author_id": session.user_id, "id": task_id, **values}
    await session.execute(insert(Task).values(row))
    return await get_task(session, task_id)


async def get_task(session: UserSession, task_id: UUID) -> TaskView:
    """Read one task of another user's project.

    Raises:
        NotFound: The subject sees none of this id.
    """
    statement = tasks_of(session).where(col(Task.id) == task_id)
    row = (await session.execute(statement.execution_options(populate_existing=True))).first()
    if row is None:
        raise NotFound()
    session.note_project(row[0].project_id)
    return view_of(row)


async def change_task(session: UserSession, task_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a task of another user's project; it stays in its project.

    Raises:
        NotFound: The subject sees none of this id.
        Forbidden: They may only read it, or would take it out of its project.
    """
    if _PLACE in values:
        await _require_seen(session, task_id)
        raise Forbidden()
    statement = update(Task).where(col(Task.id) == task_id, _shared(session, MemberRole.EDITOR))
    changed = statement.values(**values, updated_at=func.now()).returning(col(Task.project_id))
    await _done(session, task_id, (await session.execute(changed)).scalar_one_or_none())


async def delete_task(session: UserSession, task_id: UUID) -> None:
    """Delete a task of another user's project.

    Raises:
        NotFound: The subject sees none of this id.
        Forbidden: They may only read it.
    """
    statement = delete(Task).where(col(Task.id) == task_id, _shared(session, MemberRole.EDITOR))
    deleted = await session.execute(statement.returning(col(Task.project_id)))
    await _done(session, task_id, deleted.scalar_one_or_none())


async def complete_all_tasks(session: UserSession, place: Place) -> BulkCompletion:
    """Mark all open tasks of another user's project completed.

    Raises:
        Forbidden: The subject may only read it.
    """
    place.require_editor()
    statement = update(Task).where(
        col(Task.user_id) == place.owner_id,
        col(Task.project_id) == place.project_id,
        col(Task.status) != TaskStatus.COMPLETED.value,
        _shared(session, MemberRole.EDITOR),
    )
    statement = statement.values(
        status=TaskStatus.COMPLETED.value, completed_at=func.now(), updated_at=func.now()
    )
    changed = await session.execute(statement.returning(col(Task.id)))
    return BulkCompletion(completed=len(changed.all()))


def _shared(session: UserSession, *roles: MemberRole) -> ColumnElement[bool]:
    owner, project = col(Task.user_id), col(Task.project_id)
    return in_shared_projects(session, owner, project, roles or tuple(MemberRole))


async def _done(session: UserSession, task_id: UUID, project_id: UUID | None) -> None:
    """Note where a change was made; where none was, say why.

    Raises:
        NotFound: The subject sees no such task.
        Forbidden: They see it, and may not change it.
    """
    if project_id is None:
        await _require_seen(session, task_id)
        raise Forbidden()
    session.note_project(project_id)


async def _require_seen(session: UserSession, task_id: UUID) -> None:
    statement = select(col(Task.id)).where(col(Task.id) == task_id, _shared(session))
    if (await session.execute(statement)).first() is None:
        raise NotFound()
