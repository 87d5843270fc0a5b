"""The MCP Inspector's command line, on Node 22 or newer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, TypeAlias

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.environment.parts.frontend import find_node
from crosstalk.environment.parts.npm import install_package, run_node

pytestmark = pytest.mark.npm

PACKAGE, VERSION = "@modelcontextprotocol/inspector", "2.12.0"
AUTH_REQUIRED = 3
Inspect: TypeAlias = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def inspector() -> Inspect:
    """Runs the Inspector with these arguments."""
    node = find_node(least=(22, 0), who="the MCP Inspector", instead="")
    package = install_package(PACKAGE, VERSION, node)
    entry = json.loads((package / "package.json").read_text())["bin"]["mcp-inspector"]

    def inspect(url: str, home: Path, *arguments: str) -> CompletedProcess[str]:
        options = ["--cli", url, "--transport", "http", *arguments]
        return run_node(node, [str(package / entry), *options], seconds=120, folder=home)

    return inspect


def test_client_lists_and_calls_tools_with_a_token(
    running: RunningSystem, alice: str, token: str, inspector: Inspect, tmp_path: Path
) -> None:
    def ask(*arguments: str) -> Any:
        header = ["--header", f"Authorization: Bearer {token}"]
        said = inspector(running.mcp_url, tmp_path, *header, *arguments)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    def call(tool: str, *pairs: str) -> Any:
        values = [word for pair in (f"user_id={alice}", *pairs) for word in ("--tool-arg", pair)]
        return ask("--method", "tools/call", "--tool-name", tool, *values)

    tools = {tool["name"] for tool in ask("--method", "tools/list")["tools"]}
    assert {"add_task", "list_tasks"} <= tools
    call("add_task", "title=milk")
    listed = call("list_tasks")["structuredContent"]["items"]
    assert [each["title"] for each in listed] == ["milk"]
    (resource,) = ask("--method", "resources/list")["resources"]
    read = ask("--method", "resources/read", "--uri", resource["uri"])
    assert "milk" in json.dumps(read)
    assert "milk" in json.dumps(ask("--method", "prompts/get", "--prompt-name", "plan_my_day"))


def test_client_without_a_token_is_challenged(
    running: RunningSystem, inspector: Inspect, tmp_path: Path
) -> None:
    said = inspector(running.mcp_url, tmp_path, "--stored-auth-only", "--method", "tools/list")
    assert said.returncode == AUTH_REQUIRED, said.stderr
    assert json.loads(said.stderr)["error"]["code"] == "auth_required"
    # What it was told on the wire, since its report does not say.
    challenge = httpx2.post(running.mcp_url, json={}).headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer resource_metadata=")
