"""Tools on projects."""

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from system.mcp.data_access.base import Data
from system.mcp.tools.arguments import (
    ADDS,
    DELETES,
    READS,
    Limit,
    PageCursor,
    ProjectId,
    UserId,
)
from system.store.schemas import Deletion, ProjectDraft, ProjectName, ProjectPage, ProjectView


def register(server: MCPServer, data: Data) -> None:
    """Add the project tools to a server."""

    @server.tool(annotations=ADDS)
    async def add_project(
        user_id: UserId,
        name: Annotated[ProjectName, Field(description="Unique among the user's projects.")],
    ) -> ProjectView:
        """Add a project for the user and return it."""
        return await data.add_project(user_id, ProjectDraft(name=name))

    @server.tool(annotations=READS)
    async def list_projects(
        user_id: UserId, cursor: PageCursor | None = None, limit: Limit = 20
    ) -> ProjectPage:
        """List the user's projects, newest first, each with how many tasks it holds."""
        return await data.list_projects(user_id, cursor, limit)

    @server.tool(annotations=DELETES)
    async def delete_project(user_id: UserId, project_id: ProjectId) -> Deletion:
        """Delete a project of the user; its tasks stay, without a project."""
        return await data.delete_project(user_id, project_id)
