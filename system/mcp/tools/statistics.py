"""The statistics tool."""

from mcp.server.mcpserver import MCPServer

from system.mcp.data_access.base import Data
from system.mcp.tools.arguments import READS, UserId
from system.store.schemas import UserStats


def register(server: MCPServer, data: Data) -> None:
    """Add the statistics tool to a server."""

    @server.tool(annotations=READS)
    async def get_user_stats(user_id: UserId) -> UserStats:
        """Count the user's tasks by status, the overdue ones, and the projects."""
        return await data.get_user_stats(user_id)
