"""The health tool: lets an agent find out whether tools can work now."""

from typing import Literal

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

from system.mcp.data_access.base import Data
from system.mcp.tools.arguments import READS, UserId


class HealthView(BaseModel):
    """State of the tools as a whole, independent of users."""

    status: Literal["ok"]


def register(server: MCPServer, data: Data) -> None:
    """Add the health tool to a server."""

    @server.tool(annotations=READS)
    async def health_check(user_id: UserId) -> HealthView:
        """Say whether the tools and their database can be used."""
        await data.ping()
        return HealthView(status="ok")
