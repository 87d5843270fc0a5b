"""The SDK's private attributes are those of the version that the adapter was written for."""

from importlib.metadata import version
from typing import Annotated

import pytest
from mcp.server.auth.middleware.bearer_auth import AuthorizationContext
from pydantic import Field

from system.mcp.guarded import GuardedServer
from system.mcp.sdk_adapter import SDK_VERSION, count_sessions

Repeated = Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]


@pytest.fixture
def server() -> GuardedServer:
    made = GuardedServer("adapted")

    @made.tool()
    async def greet(user_id: str) -> str:
        return user_id

    @made.prompt()
    async def plan() -> str:
        return ""

    return made


def test_sdk_adapter_was_written_for_the_installed_sdk() -> None:
    installed = version("mcp")
    assert installed == SDK_VERSION, (
        f"mcp {installed} is installed, system/mcp/sdk_adapter.py was written for {SDK_VERSION}: "
        "compare the attributes that it uses with the SDK's sources, run tests/unit/system/mcp and "
        "then change SDK_VERSION, or install the version that is named there"
    )


def test_sdk_adapter_finds_registered_tools_and_prompts(server: GuardedServer) -> None:
    tool, prompt = server.find_tool("greet"), server.find_prompt("plan")
    assert tool is not None
    assert prompt is not None
    assert (tool.name, prompt.name) == ("greet", "plan")
    assert (server.find_tool("plan"), server.find_prompt("greet")) == (None, None)
    assert [list(each["properties"]) for each in server.tool_parameters()] == [["user_id"]]


def test_sealed_server_compares_headers_where_a_tool_declares_one(server: GuardedServer) -> None:
    asking = GuardedServer("asking")

    @asking.tool()
    async def other(user_id: str, region: Repeated) -> str:
        return region

    assert server.compares_headers("greet")
    for each in (server, asking):
        each.seal()
    assert not server.compares_headers("greet")
    assert asking.compares_headers("other")


def test_sdk_adapter_counts_the_sessions_of_one_principal(server: GuardedServer) -> None:
    server.streamable_http_app()
    manager = server.session_manager
    alice, bob = (_principal(name) for name in ("alice", "bob"))
    assert count_sessions(manager, alice) == 0
    manager._session_owners |= {"1": alice, "2": bob, "3": alice}
    assert (count_sessions(manager, alice), count_sessions(manager, bob)) == (2, 1)


def _principal(name: str) -> AuthorizationContext:
    return {"client_id": "client", "issuer": "issuer", "subject": name}
