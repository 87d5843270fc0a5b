"""REST on shared projects: members and invitations of `/api/{user_id}`.

A person is named by their user id. E-mail addresses are the sign-in service's: to look one up here
would tell who has an account.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query

from system.backend.dependencies import OwnerSession, WriteSession
from system.backend.openapi.responses import ONE_OBJECT, USER_DATA, WRITE, errors
from system.store.schemas import (
    Cursor,
    Deletion,
    InvitationDraft,
    InvitationPage,
    InvitationView,
    MemberList,
    MemberRemoval,
    MemberView,
    PageLimit,
    PersonId,
    RoleChange,
)
from system.store.sharing import invitations, members

router = APIRouter(prefix="/api/{user_id}", tags=["sharing"])

_Member = Annotated[PersonId, Path(description="User id of a member, as listed.")]
_CursorQuery = Annotated[Cursor | None, Query()]
_LimitQuery = Annotated[PageLimit, Query()]


@router.get("/projects/{project_id}/members", responses=ONE_OBJECT)
async def list_members(session: OwnerSession, project_id: UUID) -> MemberList:
    """List who has which role in a project: all for its owner, owner and oneself for a member."""
    return await members.list_members(session, project_id=project_id)


@router.patch("/projects/{project_id}/members/{member_id}", responses={**WRITE, **errors(413)})
async def change_role(
    session: WriteSession,
    project_id: UUID,
    member_id: _Member,
    change: Annotated[RoleChange, Body(examples=[{"role": "editor"}])],
) -> MemberView:
    """Give a member of one's own project another role."""
    return await members.change_role(
        session, project_id=project_id, member_id=member_id, change=change
    )


@router.delete("/projects/{project_id}/members/{member_id}", responses=WRITE)
async def remove_member(
    session: WriteSession, project_id: UUID, member_id: _Member
) -> MemberRemoval:
    """Remove a member from one's own project, or leave another user's."""
    return await members.remove_member(session, project_id=project_id, member_id=member_id)


@router.get("/projects/{project_id}/invitations", responses=ONE_OBJECT)
async def list_invitations_given(
    session: OwnerSession,
    project_id: UUID,
    cursor: _CursorQuery = None,
    limit: _LimitQuery = 20,
) -> InvitationPage:
    """List the open invitations to a project of one's own, newest first."""
    return await invitations.list_invitations(
        session, project_id=project_id, cursor=cursor, limit=limit
    )


@router.post(
    "/projects/{project_id}/invitations",
    status_code=201,
    responses={**WRITE, **errors(413)},
)
async def invite(
    session: WriteSession,
    project_id: UUID,
    draft: Annotated[InvitationDraft, Body(examples=[{"invitee_id": "bob", "role": "editor"}])],
) -> InvitationView:
    """Offer a person a role in a project of one's own, or a member the project itself."""
    return await invitations.invite(session, project_id=project_id, draft=draft)


@router.get("/invitations", responses=USER_DATA)
async def list_invitations(
    session: OwnerSession, cursor: _CursorQuery = None, limit: _LimitQuery = 20
) -> InvitationPage:
    """List the open invitations that one got, newest first."""
    return await invitations.list_invitations(session, cursor=cursor, limit=limit)


@router.get("/invitations/{invitation_id}", responses=ONE_OBJECT)
async def get_invitation(session: OwnerSession, invitation_id: UUID) -> InvitationView:
    """Read one invitation that one got or gave."""
    return await invitations.get_invitation(session, invitation_id=invitation_id)


@router.post("/invitations/{invitation_id}/accept", responses=WRITE)
async def accept_invitation(session: WriteSession, invitation_id: UUID) -> MemberView:
    """Accept an invitation that one got: one is a member, or the owner, from now on."""
    return await invitations.accept_invitation(session, invitation_id=invitation_id)


@router.delete("/invitations/{invitation_id}", responses=WRITE)
async def delete_invitation(session: WriteSession, invitation_id: UUID) -> Deletion:
    """Decline an invitation that one got, or withdraw one that one gave."""
    return await invitations.delete_invitation(session, invitation_id=invitation_id)
