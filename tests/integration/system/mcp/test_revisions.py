"""Every released revision of the protocol is spoken, with and without sessions."""

from __future__ import annotations

import json

import httpx2
import pytest
from mcp.types import LATEST_PROTOCOL_VERSION
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS

from crosstalk.environment import RunningSystem
from tests.integration.system.mcp.handshake import Handshake


def test_tested_revisions_are_all_that_the_sdk_supports() -> None:
    assert (*HANDSHAKE_PROTOCOL_VERSIONS, "2026-07-28") == KNOWN_PROTOCOL_VERSIONS
    assert HANDSHAKE_PROTOCOL_VERSIONS == ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")


@pytest.mark.parametrize("kept", [True, False], ids=["sessions", "no sessions"])
@pytest.mark.parametrize("version", HANDSHAKE_PROTOCOL_VERSIONS)
def test_a_handshake_revision_is_spoken_as_asked(
    running: RunningSystem, stateful: str, alice: str, version: str, kept: bool
) -> None:
    url = stateful if kept else running.mcp_url
    caller = Handshake(url, running.mint(alice, audience="mcp"), version)
    answer = caller.initialize()
    assert answer["protocolVersion"] == version
    assert {"tools", "resources", "prompts", "completions"} <= set(answer["capabilities"])
    assert bool(caller.session) is kept
    assert len(caller.send("tools/list").json()["result"]["tools"]) > 10
    made = caller.use("add_task", user_id=alice, title="milk")
    task = json.loads(made["content"][0]["text"])
    assert task["title"] == "milk"
    read = caller.send("resources/read", {"uri": f"task://{task['id']}"}).json()["result"]
    assert json.loads(read["contents"][0]["text"])["id"] == task["id"]
    plan = caller.send("prompts/get", {"name": "plan_my_day"}).json()["result"]
    assert "milk" in plan["messages"][0]["content"]["text"]
    assert caller.send("ping").json()["result"] == {}
    assert caller.send("logging/setLevel", {"level": "warning"}).json()["result"] == {}


def test_unknown_revision_is_answered_with_a_supported_one(
    running: RunningSystem, alice: str
) -> None:
    caller = Handshake(running.mcp_url, running.mint(alice, audience="mcp"), "2025-06-18")
    params = {
        "protocolVersion": "1999-01-01",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    offered = caller.send("initialize", params).json()["result"]["protocolVersion"]
    assert offered in HANDSHAKE_PROTOCOL_VERSIONS
    stranger = Handshake(running.mcp_url, caller.token, "1999-01-01")
    assert stranger.send("tools/list").status_code == 400


def test_the_newest_revision_discovers_without_a_handshake(
    running: RunningSystem, alice: str
) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": LATEST_PROTOCOL_VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    answer = httpx2.post(
        running.mcp_url,
        json={"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}},
        headers={
            "Authorization": f"Bearer {running.mint(alice, audience='mcp')}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": LATEST_PROTOCOL_VERSION,
            "Mcp-Method": "server/discover",
        },
    )
    assert LATEST_PROTOCOL_VERSION in answer.json()["result"]["supportedVersions"]
