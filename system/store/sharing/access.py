"""Conditions on what a subject sees and changes as a member of other users' projects.

Every statement on shared rows has one of these, whatever row-level security would also do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    UnaryExpression,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlmodel import col

from system.errors import Forbidden, NotFound
from system.store.models import Membership, Project, Task
from system.store.schemas import MemberRole
from system.store.session import UserSession

_ALL = tuple(MemberRole)


@dataclass(frozen=True, slots=True)
class Place:
    """A project of another user's, with the subject's role in it."""

    owner_id: str
    project_id: UUID
    role: MemberRole

    def require_editor(self) -> None:
        """Check that the subject may change what is in the project.

        Raises:
            Forbidden: They may only look at it.
        """
        if self.role is not MemberRole.EDITOR:
            raise Forbidden()


def in_shared_projects(
    session: UserSession, owner: Any, project: Any, roles: tuple[MemberRole, ...] = _ALL
) -> ColumnElement[bool]:
    """Return whether a row belongs to a project in which the subject has one of these roles.

    Args:
        session: The subject's.
        owner: Column of the row's owner.
        project: Column of its project.
        roles: All of them by default.
    """
    joined = select(col(Membership.user_id), col(Membership.project_id)).where(
        col(Membership.member_id) == session.user_id,
        col(Membership.role).in_([each.value for each in roles]),
    )
    return tuple_(owner, project).in_(joined)


async def find_place(session: UserSession, project_id: UUID) -> Place | None:
    """Return the subject's place in a project of another user's; None where they have none."""
    statement = select(col(Membership.user_id), col(Membership.role)).where(
        col(Membership.member_id) == session.user_id,
        col(Membership.project_id) == project_id,
    )
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    return Place(row.user_id, project_id, MemberRole(row.role))


async def sees_project(session: UserSession, project_id: UUID) -> bool:
    """Return whether a project is the subject's own or shared with them."""
    statement = select(col(Project.id)).where(
        col(Project.id) == project_id,
        or_(
            col(Project.user_id) == session.user_id,
            in_shared_projects(session, col(Project.user_id), col(Project.id)),
        ),
    )
    return (await session.execute(statement)).first() is not None


async def sees_task(session: UserSession, task_id: UUID) -> bool:
    """Return whether a task is the subject's own or in a project that is shared with them."""
    statement = select(col(Task.id)).where(
        col(Task.id) == task_id,
        or_(
            col(Task.user_id) == session.user_id,
            in_shared_projects(session, col(Task.user_id), col(Task.project_id)),
        ),
    )
    return (await session.execute(statement)).first() is not None


async def refuse_members(session: UserSession, project_id: UUID) -> None:
    """Refuse a member what only the owner may do; a stranger is not told that there is a project.

    Raises:
        Forbidden: The subject is a member.
    """
    if await find_place(session, project_id) is not None:
        raise Forbidden()


async def require_owner(session: UserSession, project_id: UUID) -> None:
    """Check that a project is the subject's own.

    Raises:
        NotFound: They do not see such a project.
        Forbidden: It is another user's, and shared with them.
    """
    statement = select(col(Project.id)).where(
        col(Project.user_id) == session.user_id, col(Project.id) == project_id
    )
    if (await session.execute(statement)).one_or_none() is None:
        await refuse_members(session, project_id)
        raise NotFound()


def newest_of_both(shown: Any, own: Any, shared: Any) -> Executable:
    """Return one statement for the newest of the subject's own rows and of those shared with them.

    Each half ends at its limit by an index of its own, which one condition with OR could not.

    Args:
        shown: The entities, in the order of the columns of both.
        own: The subject's own rows, newest first, to a limit.
        shared: Other users' rows, without order and limit.
    """
    newest: UnaryExpression[Any] = literal_column("id").desc()
    # The limit is the same in both halves and after them.
    limit = own._limit_clause
    both = union_all(own, shared.order_by(newest).limit(limit)).order_by(newest).limit(limit)
    statement: Executable = shown.from_statement(both)
    return statement.execution_options(populate_existing=True)
