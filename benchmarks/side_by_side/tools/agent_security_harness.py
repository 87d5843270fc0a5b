"""agent-security-harness: its MCP suite, with the fixtures for two principals filled in.

The suite has one test for two users: a handle that one of them made, used by the other. It takes
one pair of calls a run, so it runs for several pairs. The test takes an HTTP error or a JSON-RPC
error for a refusal; a tool's own error (`isError`, as the MCP specification has it) it takes for
access, so that pairs of tools fail on the unpatched system already, and only the pair of resources
can tell the two apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, UnreadableReportError

_INCONCLUSIVE = "INCONCLUSIVE"


class AgentSecurityHarness:
    """Attacks on the wire of MCP, with verdicts that say when nothing was tested."""

    name = "agent-security-harness"
    version = "4.28.1"
    meant_for = "attacks on an agent's protocols: injection, downgrade, poisoning, token checks"
    given = "both users' tokens in its test of handles, a token for another resource"
    seconds = 120.0

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """The whole suite with one pair, then its test of handles with the other pairs."""
        alice, bob = system.alice, system.bob
        make = _call("add_task", user_id=alice.name, title="A handle")
        make["handlePath"] = "result.structuredContent.id"
        uses = (
            {"method": "resources/read", "params": {"uri": "task://$HANDLE"}},
            _call("get_task", user_id=bob.name, task_id="$HANDLE"),
            _call("delete_task", user_id=bob.name, task_id="$HANDLE"),
        )
        found = []
        for number, use in enumerate(uses):
            arguments = ["agent-security", "test", "mcp", "--transport", "http"]
            arguments += ["--url", system.mcp_url, "--protocol-version", "auto"]
            arguments += ["--header", f"Authorization: Bearer {alice.mcp}"]
            arguments += ["--handle-create", json.dumps(make), "--handle-access", json.dumps(use)]
            arguments += ["--handle-attacker-header", f"Authorization: Bearer {bob.mcp}"]
            if number:
                arguments += ["--categories", "explicit_handle_isolation"]
            else:
                foreign = f"Authorization: Bearer {alice.backend}"
                arguments += ["--audience-attacker-header", foreign]
            arguments += ["--report", "report.json"]
            # 1: a test failed; 2: none failed, and some had nothing to test.
            found.append(Command(arguments, success_statuses=frozenset({0, 1, 2})))
        return found

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """A test that failed; one that says that it tested nothing does not count."""
        found = set()
        for number, each in enumerate(finished):
            try:
                report = json.loads((each.folder / "report.json").read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise UnreadableReportError(f"no report: {error}") from error
            for result in report["results"]:
                if not result["passed"] and not result["details"].startswith(_INCONCLUSIVE):
                    pair = f" (pair {number + 1})" if result["test_id"] == "MCP-RC-006" else ""
                    found.add(f"{result['test_id']}{pair}: {result['name']}")
        return found


def _call(tool: str, **arguments: str) -> dict[str, Any]:
    return {"method": "tools/call", "params": {"name": tool, "arguments": arguments}}
