"""Tools on shared projects: members and invitations.

They are for a person's own client, which asks them before it shares anything. The backend gives
its agent none of those that change who sees what: see `system.backend.agent.bridge`.
"""

from typing import Annotated
from uuid import UUID

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from system.mcp.data_access.base import Data
from system.mcp.tools.arguments import (
    ADDS,
    CHANGES,
    COMPLETES,
    DELETES,
    READS,
    Limit,
    PageCursor,
    ProjectId,
    UserId,
)
from system.store.schemas import (
    Deletion,
    InvitationDraft,
    InvitationPage,
    InvitationRole,
    InvitationView,
    MemberList,
    MemberRemoval,
    MemberRole,
    MemberView,
    PersonId,
    RoleChange,
)

MemberId = Annotated[PersonId, Field(description="User id of a member of the project, as listed.")]
InvitationId = Annotated[UUID, Field(description="Id of an invitation, as listed.")]


def register(server: MCPServer, data: Data) -> None:
    """Add the tools on shared projects to a server."""

    @server.tool(annotations=READS)
    async def list_members(user_id: UserId, project_id: ProjectId) -> MemberList:
        """List who has which role in a project: its owner sees all, a member two."""
        return await data.list_members(user_id, project_id)

    @server.tool(annotations=CHANGES)
    async def change_role(
        user_id: UserId,
        project_id: ProjectId,
        member_id: MemberId,
        role: Annotated[MemberRole, Field(description="viewer reads; editor changes tasks.")],
    ) -> MemberView:
        """Give a member of the user's own project another role."""
        return await data.change_role(user_id, project_id, member_id, RoleChange(role=role))

    @server.tool(annotations=DELETES)
    async def remove_member(
        user_id: UserId, project_id: ProjectId, member_id: MemberId
    ) -> MemberRemoval:
        """Remove a member from the user's own project; with the user's own id, leave another's."""
        return await data.remove_member(user_id, project_id, member_id)

    @server.tool(annotations=ADDS)
    async def invite(
        user_id: UserId,
        project_id: ProjectId,
        invitee_id: Annotated[PersonId, Field(description="User id of the person.")],
        role: Annotated[
            InvitationRole, Field(description="owner hands the project over to a member.")
        ] = InvitationRole.VIEWER,
    ) -> InvitationView:
        """Offer a person a role in a project of the user's own; they must accept it."""
        draft = InvitationDraft(invitee_id=invitee_id, role=role)
        return await data.invite(user_id, project_id, draft)

    @server.tool(annotations=READS)
    async def list_invitations(
        user_id: UserId,
        project_id: Annotated[
            UUID | None,
            Field(description="A project of the user's own: those to it. Else those they got."),
        ] = None,
        cursor: PageCursor | None = None,
        limit: Limit = 20,
    ) -> InvitationPage:
        """List open invitations, newest first: those the user got, or those to one project."""
        return await data.list_invitations(user_id, project_id, cursor, limit)

    @server.tool(annotations=COMPLETES)
    async def accept_invitation(user_id: UserId, invitation_id: InvitationId) -> MemberView:
        """Accept an invitation that the user got: they are a member, or the owner, from now on."""
        return await data.accept_invitation(user_id, invitation_id)

    @server.tool(annotations=DELETES)
    async def delete_invitation(user_id: UserId, invitation_id: InvitationId) -> Deletion:
        """Decline an invitation that the user got, or withdraw one that they gave."""
        return await data.delete_invitation(user_id, invitation_id)
