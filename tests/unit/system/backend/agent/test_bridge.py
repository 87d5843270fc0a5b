"""Tools that are for a person alone, and never for the agent."""

from __future__ import annotations

from system.backend.agent.bridge import WITHHELD
from system.mcp.app import create_server
from system.mcp.data_access.base import Data
from system.mcp.guarded import GuardedServer
from system.mcp.tools import sharing


class _NoData:
    """Stands for the way to data that no test here takes."""


async def test_every_tool_that_changes_who_sees_what_is_withheld_from_the_agent() -> None:
    data: Data = _NoData()  # type: ignore[assignment]

    def register(server: GuardedServer, data: Data) -> None:
        sharing.register(server, data)

    tools = await create_server(data, (register,)).list_tools()
    changing = {
        each.name
        for each in tools
        if each.annotations is None or not each.annotations.read_only_hint
    }
    assert changing == WITHHELD
