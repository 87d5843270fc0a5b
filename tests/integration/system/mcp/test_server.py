"""The MCP server over real HTTP, through the SDK's own client and without it."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from crosstalk.core.history import Outcome
from crosstalk.environment import RunningSystem
from crosstalk.surface import Presented, stateless_tools

TOOLS = {
    "add_task",
    "get_task",
    "list_tasks",
    "search_tasks",
    "update_task",
    "complete_task",
    "complete_all_tasks",
    "delete_task",
    "add_project",
    "list_projects",
    "delete_project",
    "list_members",
    "change_role",
    "remove_member",
    "invite",
    "list_invitations",
    "accept_invitation",
    "delete_invitation",
    "get_user_stats",
    "health_check",
}


def bearer(running: RunningSystem, subject: str, audience: str = "mcp") -> dict[str, str]:
    """Headers with a token for the MCP server."""
    return {"Authorization": f"Bearer {running.mint(subject, audience=audience)}"}


@pytest.mark.parametrize("mode", ["2026-07-28", "auto", "legacy"])
async def test_every_revision_of_the_sdks_client_lists_and_calls(
    running: RunningSystem, alice: str, mode: str
) -> None:
    async with httpx2.AsyncClient(headers=bearer(running, alice)) as http:
        transport = streamable_http_client(running.mcp_url, http_client=http)
        async with Client(transport, mode=mode) as client:
            listed = await client.list_tools()
            assert {tool.name for tool in listed.tools} == TOOLS
            made = await client.call_tool("add_task", {"user_id": alice, "title": "milk"})
            assert made.structured_content is not None
            assert made.structured_content["title"] == "milk"
            health = await client.call_tool("health_check", {"user_id": alice})
            assert health.structured_content == {"status": "ok"}


def test_tools_declare_their_schemas_and_annotations(running: RunningSystem, alice: str) -> None:
    surface = stateless_tools(running.mcp_url, Presented(bearer(running, alice)))
    tools = surface.listed()
    assert tools
    for tool in tools:
        assert tool["description"]
        assert tool["outputSchema"]["type"] == "object"
        assert tool["inputSchema"]["additionalProperties"] is False
        assert "user_id" in tool["inputSchema"]["required"]
        assert {"readOnlyHint", "destructiveHint", "idempotentHint"} <= set(tool["annotations"])


def call(running: RunningSystem, subject: str, tool: str, /, **arguments: Any) -> Any:
    """Call a tool with a subject's token."""
    presented = Presented(bearer(running, subject))
    surface = stateless_tools(running.mcp_url, presented)
    operations = {each.name: each for each in surface.discover()}
    return surface.call(operations[f"mcp:{tool}"], arguments, presented)


@pytest.mark.parametrize("tool", ["list_tasks", "get_user_stats", "complete_all_tasks"])
def test_a_user_id_that_is_not_the_subject_is_forbidden(
    running: RunningSystem, alice: str, bob: str, tool: str
) -> None:
    answer = call(running, bob, tool, user_id=alice)
    assert answer.outcome is Outcome.ERROR
    assert answer.body == {
        "status": "error",
        "error_code": "forbidden",
        "message": "forbidden",
        "details": {},
    }


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": ""}, "title"),
        ({"title": 7}, "title"),
        ({"title": "x", "project_id": "nope"}, "project_id"),
        ({"title": "x", "surprise": 1}, "surprise"),
        ({}, "title"),
    ],
)
def test_bad_arguments_are_named_and_never_repeated(
    running: RunningSystem, alice: str, arguments: dict[str, Any], named: str
) -> None:
    answer = call(running, alice, "add_task", user_id=alice, **arguments)
    assert (answer.outcome, answer.code) == (Outcome.ERROR, "validation_error")
    assert named in answer.body["details"]
    assert "x" * 50 not in json.dumps(answer.body)


def test_foreign_and_missing_projects_are_not_found_alike(
    running: RunningSystem, alice: str, bob: str
) -> None:
    project = call(running, alice, "add_project", user_id=alice, name="Hers").body["id"]
    foreign = call(running, bob, "add_task", user_id=bob, title="x", project_id=project)
    missing = call(
        running,
        bob,
        "add_task",
        user_id=bob,
        title="x",
        project_id="01a1fc95-41f3-7131-b962-eac9f4851703",
    )
    assert foreign.code == "not_found"
    assert foreign.body == missing.body


def test_fields_are_changed_kept_and_cleared(running: RunningSystem, alice: str) -> None:
    made = call(running, alice, "add_task", user_id=alice, title="x", description="d").body
    kept = call(
        running, alice, "update_task", user_id=alice, task_id=made["id"], priority="high"
    ).body
    assert (kept["description"], kept["priority"]) == ("d", "high")
    cleared = call(
        running, alice, "update_task", user_id=alice, task_id=made["id"], clear=["description"]
    ).body
    assert cleared["description"] is None
