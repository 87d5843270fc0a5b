"""The system's own MCP server with one more tool, which takes as long as its argument says.

Everything in front of the tool is what the real server has; the tool itself touches no database,
so that a figure shows what a call costs and not what is called.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Annotated

import uvicorn
from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel, Field

from system.mcp import app
from system.mcp.data_access.base import Data
from system.mcp.settings import McpSettings
from system.mcp.tools.arguments import READS, UserId
from system.store import StoreSettings
from system.wire.logs import configure_logging

TOOL = "pause"


class Paused(BaseModel):
    """The user who called."""

    user_id: str


def register(server: MCPServer, data: Data) -> None:
    """Add the tool to a server."""

    @server.tool(name=TOOL, annotations=READS)
    async def pause(
        user_id: UserId, milliseconds: Annotated[int, Field(ge=0, le=10_000)] = 0
    ) -> Paused:
        """Wait, and return the calling user."""
        if milliseconds:
            await asyncio.sleep(milliseconds / 1000)
        return Paused(user_id=user_id)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="The MCP server with a tool that waits.")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    settings = McpSettings(mcp_port=arguments.port)
    configure_logging("tool server", "WARNING")
    application = app.create_app(settings, StoreSettings(), features=(*app.FEATURES, register))
    uvicorn.run(application, host="127.0.0.1", port=arguments.port, log_config=None)


if __name__ == "__main__":
    main()
