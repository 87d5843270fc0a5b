"""`logging/setLevel` of the handshake revisions (deprecated in 2026-07-28 by SEP-2577).

Clients set a level when they connect, and a refusal would be the first thing that they see. Every
level is accepted and nothing is sent at any: what this server logs is for its operator, and would
show one caller what another does.
"""

from __future__ import annotations

from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.types import EmptyResult, SetLevelRequestParams

from system.mcp.data_access.base import Data
from system.mcp.guarded import GuardedServer


def register(server: GuardedServer, data: Data) -> None:
    """Accept log levels on a server."""

    async def accept(ctx: ServerRequestContext[Any], params: SetLevelRequestParams) -> EmptyResult:
        return EmptyResult()

    server.handle("logging/setLevel", SetLevelRequestParams, accept)
