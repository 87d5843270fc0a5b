"""Invitations: what an owner offers a person, who alone accepts or declines it.

An owner invites to a role in a project, or a member to take the project over. Whether a person
exists is not asked, so that an invitation does not tell. Until it is accepted it gives nothing, and
shows nothing of the project but its id.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from system.errors import Conflict, NotFound, ValidationFailed
from system.store.idempotency import idempotent
from system.store.models import Invitation, Membership, Project, new_id
from system.store.pages import cut_page, decode_cursor, encode_cursor
from system.store.quotas import require_quota
from system.store.schemas import (
    Deletion,
    InvitationDraft,
    InvitationPage,
    InvitationRole,
    InvitationView,
    MemberView,
)
from system.store.session import UserSession
from system.store.sharing.access import require_owner
from system.store.users import ensure_user

_LISTING = "invitations"
# People whom one project is shared with, invited ones among them.
MOST_MEMBERS = 100


@idempotent
async def invite(
    session: UserSession, *, project_id: UUID, draft: InvitationDraft
) -> InvitationView:
    """Offer a person a role in a project of the subject's, or a member the project.

    Raises:
        NotFound: No such project for this user.
        Forbidden: It is another user's, and shared with this one.
        ValidationFailed: The person is the owner.
        Conflict: They are invited or a member already, are offered the project and no member, or
            are one too many.
    """
    await require_owner(session, project_id)
    session.note_project(project_id)
    if draft.invitee_id == session.user_id:
        raise ValidationFailed(details={"invitee_id": "must be another user"})
    member = await session.execute(
        select(func.count())
        .select_from(Membership)
        .where(
            col(Membership.user_id) == session.user_id,
            col(Membership.project_id) == project_id,
            col(Membership.member_id) == draft.invitee_id,
        )
    )
    if (member.scalar_one() == 1) != (draft.role is InvitationRole.OWNER):
        takes_over = draft.role is InvitationRole.OWNER
        reason = "must be a member to own it" if takes_over else "is a member already"
        raise Conflict(details={"invitee_id": reason})
    await require_quota(session, Invitation)
    await _require_vacancy(session, project_id)
    invitation_id = new_id()
    row = insert(Invitation).values(
        user_id=session.user_id,
        id=invitation_id,
        project_id=project_id,
        invitee_id=draft.invitee_id,
        role=draft.role.value,
    )
    row = row.on_conflict_do_nothing(index_elements=["user_id", "project_id", "invitee_id"])
    if (await session.execute(row.returning(col(Invitation.id)))).one_or_none() is None:
        raise Conflict(details={"invitee_id": "is invited already"})
    return await get_invitation(session, invitation_id=invitation_id)


async def get_invitation(session: UserSession, *, invitation_id: UUID) -> InvitationView:
    """Read one invitation that the subject gave or got.

    Raises:
        NotFound: There is none of this id for this user.
    """
    statement = _invitations(session).where(col(Invitation.id) == invitation_id)
    found = (await session.execute(statement)).scalars().first()
    if found is None:
        raise NotFound()
    return _view(found)


async def list_invitations(
    session: UserSession,
    *,
    project_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> InvitationPage:
    """A page of the invitations that the subject got, or of those to one of their projects.

    Raises:
        NotFound: No such project for this user.
        Forbidden: It is another user's, and shared with this one.
        ValidationFailed: The cursor is not one of this list.
    """
    if project_id is None:
        wanted = [col(Invitation.invitee_id) == session.user_id]
    else:
        await require_owner(session, project_id)
        wanted = [
            col(Invitation.user_id) == session.user_id,
            col(Invitation.project_id) == project_id,
        ]
    listing = f"{_LISTING}:{project_id or ''}"
    after = decode_cursor(session, listing, cursor)
    if after is not None:
        wanted.append(col(Invitation.id) < after)
    statement = select(Invitation).where(*wanted).order_by(col(Invitation.id).desc())
    found = await session.execute(statement.limit(limit + 1))
    rows, more = cut_page(list(found.scalars().all()), limit)
    items = [_view(each) for each in rows]
    return InvitationPage(
        items=items,
        next_cursor=encode_cursor(session, listing, items[-1].id) if more else None,
    )


@idempotent
async def accept_invitation(session: UserSession, *, invitation_id: UUID) -> MemberView:
    """Accept what the subject was offered: they are a member, or the owner, from now on.

    Raises:
        NotFound: No such invitation to this user.
        Conflict: They have a project of the same name already, or as many as one may keep.
    """
    offered = await get_invitation(session, invitation_id=invitation_id)
    if offered.invitee_id != session.user_id:
        raise NotFound()
    await ensure_user(session)
    if offered.role is InvitationRole.OWNER:
        return await _take_over(session, offered)
    values = {
        "user_id": offered.owner_id,
        "project_id": offered.project_id,
        "member_id": session.user_id,
        "role": offered.role.value,
    }
    row = insert(Membership).values(values).on_conflict_do_nothing()
    made = await session.execute(row.returning(col(Membership.created_at)))
    created_at = made.scalar_one_or_none()
    if created_at is None:
        raise Conflict(details={"invitation_id": "you are a member already"})
    # Withdrawn at the same moment: nothing was accepted.
    await _consume(session, invitation_id)
    session.note_project(offered.project_id)
    return MemberView(
        project_id=offered.project_id,
        member_id=session.user_id,
        role=offered.role,
        created_at=created_at,
    )


@idempotent
async def delete_invitation(session: UserSession, *, invitation_id: UUID) -> Deletion:
    """Decline an invitation that the subject got, or withdraw one that they gave.

    Raises:
        NotFound: There is none of this id for this user.
    """
    await _consume(session, invitation_id)
    return Deletion(id=invitation_id)


async def _take_over(session: UserSession, offered: InvitationView) -> MemberView:
    """Make the subject the owner; the tasks, members and invitations go with the project."""
    await require_quota(session, Project)
    named = select(col(Project.name)).where(
        col(Project.user_id) == offered.owner_id, col(Project.id) == offered.project_id
    )
    name = (await session.execute(named)).scalar_one_or_none()
    if name is None:
        # Who has left since was offered it in vain.
        raise NotFound()
    taken = select(col(Project.id)).where(
        col(Project.user_id) == session.user_id, col(Project.name) == name
    )
    if (await session.execute(taken)).first() is not None:
        raise Conflict("a project of this name exists", details={"name": "must be unique"})
    moved = await session.execute(
        update(Project)
        .where(col(Project.user_id) == offered.owner_id, col(Project.id) == offered.project_id)
        .values(user_id=session.user_id, updated_at=func.now())
        .returning(col(Project.created_at))
    )
    created_at = moved.scalar_one_or_none()
    if created_at is None:
        raise NotFound()
    session.note_project(offered.project_id)
    for kind in (Membership, Invitation):
        gone = [col(kind.user_id) == session.user_id, col(kind.project_id) == offered.project_id]
        if kind is Membership:
            gone.append(col(Membership.member_id) == session.user_id)
        await session.execute(delete(kind).where(*gone))
    return MemberView(
        project_id=offered.project_id,
        member_id=session.user_id,
        role=InvitationRole.OWNER,
        created_at=created_at,
    )


async def _consume(session: UserSession, invitation_id: UUID) -> None:
    """Delete an invitation.

    Raises:
        NotFound: There is none of this id for this user.
    """
    statement = delete(Invitation).where(col(Invitation.id) == invitation_id, _concerns(session))
    if (await session.execute(statement.returning(col(Invitation.id)))).first() is None:
        raise NotFound()


async def _require_vacancy(session: UserSession, project_id: UUID) -> None:
    """Check that one more person can be invited to a project of the subject's.

    Raises:
        Conflict: There is no room.
    """
    counts = [
        select(func.count())
        .select_from(kind)
        .where(col(kind.user_id) == session.user_id, col(kind.project_id) == project_id)
        .scalar_subquery()
        for kind in (Membership, Invitation)
    ]
    if (await session.execute(select(counts[0] + counts[1]))).scalar_one() >= MOST_MEMBERS:
        raise Conflict(
            "no more people can be invited to this project",
            details={"members": f"at most {MOST_MEMBERS}"},
        )


def _concerns(session: UserSession) -> ColumnElement[bool]:
    """Return the condition that the subject gave or got an invitation."""
    return or_(
        col(Invitation.user_id) == session.user_id, col(Invitation.invitee_id) == session.user_id
    )


def _invitations(session: UserSession) -> Select[Invitation]:
    return select(Invitation).where(_concerns(session))


def _view(row: Invitation) -> InvitationView:
    return InvitationView(
        id=row.id,
        project_id=row.project_id,
        owner_id=row.user_id,
        invitee_id=row.invitee_id,
        role=InvitationRole(row.role),
        created_at=row.created_at,
    )
