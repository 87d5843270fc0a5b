"""Projects, one's own and those that are shared with one, each with how many tasks it holds."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    case,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from system.errors import Conflict, NotFound
from system.store.idempotency import idempotent
from system.store.models import Membership, Project, Task, new_id
from system.store.pages import cut_page, decode_cursor, encode_cursor
from system.store.prepared import THE_SUBJECT
from system.store.quotas import require_quota
from system.store.schemas import (
    Deletion,
    InvitationRole,
    ProjectChange,
    ProjectDraft,
    ProjectPage,
    ProjectView,
    TaskStatus,
)
from system.store.session import UserSession
from system.store.sharing.access import in_shared_projects, newest_of_both, refuse_members
from system.store.users import ensure_user

_LISTING = "projects"


@idempotent
async def add_project(session: UserSession, *, draft: ProjectDraft) -> ProjectView:
    """Store a project.

    Raises:
        Conflict: This user has a project of that name, or as many as one may keep.
    """
    await ensure_user(session)
    await require_quota(session, Project)
    project_id = new_id()
    statement = insert(Project).values(user_id=session.user_id, id=project_id, name=draft.name)
    # Asked for, not provoked: an error would end the transaction.
    statement = statement.on_conflict_do_nothing(index_elements=["user_id", "name"])
    made = await session.execute(statement.returning(col(Project.id)))
    if made.one_or_none() is None:
        raise Conflict("a project of this name exists", details={"name": "must be unique"})
    return await get_project(session, project_id=project_id)


async def get_project(session: UserSession, *, project_id: UUID) -> ProjectView:
    """Read one project.

    Raises:
        NotFound: No such project for this user.
    """
    rows = await session.execute(_projects(session).where(col(Project.id) == project_id))
    row = rows.one_or_none()
    if row is None:
        row = await _shared_project(session, project_id)
    session.note_project(project_id)
    return _view(row)


async def list_projects(
    session: UserSession, *, cursor: str | None = None, limit: int = 20
) -> ProjectPage:
    """A page of projects, newest first.

    Raises:
        ValidationFailed: The cursor is not one of this list.
    """
    statement = _projects(session)
    others = _shared_projects(session)
    after = decode_cursor(session, _LISTING, cursor)
    if after is not None:
        statement = statement.where(col(Project.id) < after)
        others = others.where(col(Project.id) < after)
    statement = statement.order_by(col(Project.id).desc()).limit(limit + 1)
    both = newest_of_both(_counted(), statement, others)
    rows, more = cut_page(list((await session.execute(both)).all()), limit)
    items = [_view(row) for row in rows]
    return ProjectPage(
        items=items,
        next_cursor=encode_cursor(session, _LISTING, items[-1].id) if more else None,
    )


@idempotent
async def rename_project(
    session: UserSession, *, project_id: UUID, change: ProjectChange
) -> ProjectView:
    """Give a project another name.

    Raises:
        NotFound: No such project for this user.
        Forbidden: It is another user's, and shared with this one.
        Conflict: This user has another project of that name.
    """
    await refuse_members(session, project_id)
    await get_project(session, project_id=project_id)
    taken = select(col(Project.id)).where(
        col(Project.user_id) == session.user_id,
        col(Project.name) == change.name,
        col(Project.id) != project_id,
    )
    if (await session.execute(taken)).first() is not None:
        raise Conflict("a project of this name exists", details={"name": "must be unique"})
    statement = update(Project).where(
        col(Project.user_id) == session.user_id,
        col(Project.id) == project_id,
    )
    await session.execute(statement.values(name=change.name, updated_at=func.now()))
    return await get_project(session, project_id=project_id)


@idempotent
async def delete_project(session: UserSession, *, project_id: UUID) -> Deletion:
    """Remove a project; its tasks stay, without a project.

    Raises:
        NotFound: No such project for this user.
        Forbidden: It is another user's, and shared with this one.
    """
    await refuse_members(session, project_id)
    statement = delete(Project).where(
        col(Project.user_id) == session.user_id,
        col(Project.id) == project_id,
    )
    deleted = await session.execute(statement.returning(col(Project.id)))
    if deleted.one_or_none() is None:
        raise NotFound()
    return Deletion(id=project_id)


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(Task)
        .where(
            col(Task.user_id) == col(Project.user_id),
            col(Task.project_id) == col(Project.id),
            *conditions,
        )
        .correlate(Project)
        .scalar_subquery()
    )


@cache
def _counted() -> Select[Project, int, int, str]:
    """Projects of any owner with their task counts and the subject's role, for all subjects."""
    open_tasks = _count(col(Task.status) != TaskStatus.COMPLETED.value)
    joined = (
        select(col(Membership.role))
        .where(
            col(Membership.member_id) == THE_SUBJECT,
            col(Membership.user_id) == col(Project.user_id),
            col(Membership.project_id) == col(Project.id),
        )
        .correlate(Project)
        .scalar_subquery()
    )
    owns = col(Project.user_id) == THE_SUBJECT
    role = case((owns, literal(InvitationRole.OWNER.value)), else_=joined)
    return select(
        Project,
        _count().label("task_count"),
        open_tasks.label("open_task_count"),
        role.label("role"),
    )


def _shared_projects(session: UserSession) -> Select[Project, int, int, str]:
    """Other users' projects that are shared with the subject."""
    shared = in_shared_projects(session, col(Project.user_id), col(Project.id))
    return _counted().where(shared).execution_options(populate_existing=True)


async def _shared_project(session: UserSession, project_id: UUID) -> Row[Any]:
    statement = _shared_projects(session).where(col(Project.id) == project_id)
    row = (await session.execute(statement)).first()
    if row is None:
        raise NotFound()
    return row


def _projects(session: UserSession) -> Select[Project, int, int, str]:
    """The subject's projects with their task counts."""
    return (
        _counted()
        .where(col(Project.user_id) == session.user_id)
        .execution_options(populate_existing=True)
    )


def _view(row: Row[Any]) -> ProjectView:
    project, task_count, open_task_count, role = tuple(row)
    return ProjectView(
        **project.model_dump(exclude={"user_id"}),
        owner_id=project.user_id,
        role=role,
        task_count=task_count,
        open_task_count=open_task_count,
    )
