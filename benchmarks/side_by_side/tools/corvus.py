"""cobaltosec-corvus: static and dynamic modules over what an MCP server offers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, UnreadableReportError


class Corvus:
    """A scanner of MCP servers: poisoning, injection, smuggling, missing authentication."""

    name = "cobaltosec-corvus"
    version = "1.3.2"
    meant_for = "whether an MCP server is poisoned, injectable, or open without authentication"
    given = "the first user's token as a header; it has no second identity"
    seconds = 180.0

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """Run a scan with all modules."""
        arguments = ["corvus", "scan", "--transport", "http", "--url", system.mcp_url]
        arguments += ["--header", f"Authorization: Bearer {system.alice.mcp}"]
        arguments += ["--module", "all", "--output-dir", "session"]
        return [Command(arguments)]

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """A finding by its title, tool and parameter."""
        path = finished[0].folder / "session" / "report.json"
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UnreadableReportError(f"no report: {error}") from error
        if not report["surface"].get("tools"):
            raise UnreadableReportError("it saw no tool")
        found = (
            (each["title"], each["tool_name"], each["parameter"]) for each in report["findings"]
        )
        return {" / ".join(part for part in parts if part) for parts in found}
