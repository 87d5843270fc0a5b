"""What is looked through at each call, and what need not be."""

from typing import Annotated

from pydantic import Field

from system.mcp.guarded import GuardedServer

Repeated = Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]


def test_headers_are_compared_with_arguments_where_a_tool_asks_for_it() -> None:
    plain, asking = GuardedServer("plain"), GuardedServer("asking")

    @plain.tool()
    async def one(user_id: str) -> str:
        return user_id

    @asking.tool()
    async def other(user_id: str, region: Repeated) -> str:
        return region

    for server, tool, looked_through in ((plain, "one", False), (asking, "other", True)):
        server.seal()
        lookup = server._lowlevel_server.get_tool_input_schema
        assert lookup is not None
        assert (lookup(tool) is not None) is looked_through
