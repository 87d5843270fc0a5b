"""mcp-authlab: checks that an MCP server refuses the tokens that it should refuse."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, UnreadableReportError


class McpAuthlab:
    """A scanner of MCP authorization: challenge, metadata, tokens, sessions, origin."""

    name = "mcp-authlab"
    version = "0.2.2"
    meant_for = "whether an MCP server keeps the authorization specification"
    given = "the first user's token, and one of the same issuer for another resource"
    seconds = 60.0

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """Run a scan with both tokens."""
        arguments = ["mcp-authlab", "scan", system.mcp_url, "--no-login", "--no-color"]
        arguments += ["--token", system.alice.mcp, "--foreign-token", system.alice.backend]
        arguments += ["--format", "json", "--output", "report.json"]
        return [Command(arguments)]

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """A check that failed, or that it warns about."""
        try:
            report = json.loads((finished[0].folder / "report.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UnreadableReportError(f"no report: {error}") from error
        return {
            f"{each['id']} {each['status']}: {each['title']}"
            for each in report["results"]
            if each["status"] in ("fail", "warn")
        }
