"""The private attributes of the MCP SDK that this server uses, all of them here.

The SDK has no public way to look up one tool or prompt, to list resources by caller, to answer a
method without a decorator, or to count the sessions of a principal. What stands here was read in
the sources of `SDK_VERSION`; a test fails under any other version, so that an upgrade begins with
reading them again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.server.auth.middleware.bearer_auth import AuthorizationContext
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.tools import Tool
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import ListResourcesResult, PaginatedRequestParams, RequestParams

SDK_VERSION = "2.3.0"


class AdaptedServer(MCPServer[Any], ABC):
    """An `MCPServer` with public names for what the SDK keeps private."""

    def find_tool(self, name: str) -> Tool | None:
        """Return the registered tool of this name."""
        return self._tool_manager.get_tool(name)

    def find_prompt(self, name: str) -> Prompt | None:
        """Return the registered prompt of this name."""
        return self._prompt_manager.get_prompt(name)

    def tool_parameters(self) -> list[Mapping[str, Any]]:
        """Return the JSON schema of the arguments of every tool."""
        return [tool.parameters for tool in self._tool_manager.list_tools()]

    def needs_context(self) -> bool:
        """Return whether a tool takes more of the SDK than its arguments."""
        tools = self._tool_manager.list_tools()
        return any(each.context_kwarg is not None or each.resolved_params for each in tools)

    def server_info(self) -> Mapping[str, Any]:
        """Return what each answer of 2026-07-28 says of the server."""
        return self._lowlevel_server.server_info_stamp

    def handle(
        self,
        method: str,
        params: type[RequestParams],
        handler: Callable[[ServerRequestContext[Any], Any], Awaitable[HandlerResult]],
    ) -> None:
        """Answer a method of the protocol for which the SDK has no decorator."""
        self._lowlevel_server.add_request_handler(method, params, handler)

    def compare_no_headers(self) -> None:
        """Spare each tool call the search for arguments that a header repeats.

        Only for a server none of whose tools declares one (2026-07-28, `x-mcp-header`).
        """
        self._lowlevel_server.get_tool_input_schema = _no_schema

    def compares_headers(self, tool: str) -> bool:
        """Return whether a call of this tool is searched for such arguments."""
        lookup = self._lowlevel_server.get_tool_input_schema
        return lookup is not None and lookup(tool) is not None

    @abstractmethod
    async def list_resources_page(self, cursor: str | None) -> ListResourcesResult:
        """Answer `resources/list`; the SDK's own answer is the same for every caller."""

    async def _handle_list_resources(
        self, ctx: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        return await self.list_resources_page(params.cursor if params else None)


def count_sessions(manager: StreamableHTTPSessionManager, owner: AuthorizationContext) -> int:
    """Return the number of sessions that this principal holds open."""
    return sum(1 for each in manager._session_owners.values() if each == owner)


def _no_schema(name: str) -> None:
    return None
