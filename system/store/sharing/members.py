"""Members of projects: whom a project is shared with, until the owner takes it back or they leave.

The owner sees every member; a member sees the owner and themselves.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from system.errors import NotFound
from system.store.idempotency import idempotent
from system.store.models import Invitation, Membership, Project
from system.store.schemas import (
    InvitationRole,
    MemberList,
    MemberRemoval,
    MemberView,
    RoleChange,
)
from system.store.session import UserSession
from system.store.sharing.access import in_shared_projects, refuse_members, require_owner


async def list_members(session: UserSession, *, project_id: UUID) -> MemberList:
    """Read who has which role in a project that the subject sees.

    Raises:
        NotFound: No such project for this user.
    """
    seen = or_(
        col(Project.user_id) == session.user_id,
        in_shared_projects(session, col(Project.user_id), col(Project.id)),
    )
    statement = select(Project).where(col(Project.id) == project_id, seen)
    project = (await session.execute(statement)).scalars().first()
    if project is None:
        raise NotFound()
    members = select(Membership).where(
        col(Membership.user_id) == project.user_id,
        col(Membership.project_id) == project_id,
        or_(
            col(Membership.user_id) == session.user_id,
            col(Membership.member_id) == session.user_id,
        ),
    )
    found = await session.execute(members.order_by(col(Membership.member_id)))
    owner = MemberView(
        project_id=project_id,
        member_id=project.user_id,
        role=InvitationRole.OWNER,
        created_at=project.created_at,
    )
    return MemberList(items=[owner, *(_view(each) for each in found.scalars().all())])


@idempotent
async def change_role(
    session: UserSession, *, project_id: UUID, member_id: str, change: RoleChange
) -> MemberView:
    """Give a member of the subject's project another role.

    Raises:
        NotFound: No such project for this user, or no such member of it.
        Forbidden: It is another user's, and shared with this one.
    """
    await require_owner(session, project_id)
    session.note_project(project_id)
    statement = update(Membership).where(
        col(Membership.user_id) == session.user_id,
        col(Membership.project_id) == project_id,
        col(Membership.member_id) == member_id,
    )
    changed = statement.values(role=change.role.value).returning(Membership)
    row = (await session.execute(changed)).scalars().one_or_none()
    if row is None:
        raise NotFound()
    return _view(row)


@idempotent
async def remove_member(session: UserSession, *, project_id: UUID, member_id: str) -> MemberRemoval:
    """End a membership: the owner's to take back, and the member's to leave.

    Raises:
        NotFound: No such project for this user, or no such member of it.
        Forbidden: The member is another one than the subject, who does not own the project.
    """
    statement = delete(Membership).where(
        col(Membership.project_id) == project_id,
        col(Membership.member_id) == member_id,
        or_(
            col(Membership.user_id) == session.user_id,
            col(Membership.member_id) == session.user_id,
        ),
    )
    ended = await session.execute(statement.returning(col(Membership.user_id)))
    owner = ended.scalars().first()
    if owner is None:
        await refuse_members(session, project_id)
        raise NotFound()
    if owner == session.user_id:
        session.note_project(project_id)
    # An offer to take the project over ends with the membership.
    offers = delete(Invitation).where(
        col(Invitation.user_id) == owner,
        col(Invitation.project_id) == project_id,
        col(Invitation.invitee_id) == member_id,
    )
    await session.execute(offers)
    return MemberRemoval(project_id=project_id, member_id=member_id)


def _view(row: Membership) -> MemberView:
    return MemberView(
        project_id=row.project_id,
        member_id=row.member_id,
        role=InvitationRole(row.role),
        created_at=row.created_at,
    )
