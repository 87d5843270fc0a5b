"""mcp-idprobe: checks whether answers are routed by their JSON-RPC id alone.

It has no way to send a token, so it goes through a relay that adds the first user's. It calls one
tool with a single argument `text` and looks for that text in the answer; where no tool answers with
what it was given, it says PASS, and its evidence says that nothing was attributed. That is not a
result, and is not counted as one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, UnreadableReportError


class McpIdprobe:
    """Two sessions with the same ids, interleaved."""

    name = "mcp-idprobe"
    version = "0.1.0"
    meant_for = "whether answers of two sessions are mixed up by their id (one CVE)"
    given = "a relay that adds the first user's token; it takes no credential itself"
    seconds = 60.0

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """Ten rounds; the tool that comes nearest to answering with what it was sent."""
        arguments = ["mcp-idprobe", "--url", system.relayed_mcp_url, "--tool", "search_tasks"]
        arguments += ["--rounds", "10", "--out-dir", "evidence"]
        return [Command(arguments, success_statuses=frozenset({0, 2}))]

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """The verdict VULNERABLE.

        Raises:
            UnreadableReportError: None of its texts came back.
        """
        path = finished[0].folder / "evidence" / "evidence.json"
        try:
            probe = json.loads(path.read_text(encoding="utf-8"))["probe"]
        except (OSError, ValueError, KeyError) as error:
            raise UnreadableReportError(f"no evidence: {error}") from error
        if probe["verdict"] == "VULNERABLE":
            return {"an answer reached the other session"}
        if not probe["evidence"]["correctly_delivered"]:
            raise UnreadableReportError(
                "no tool answers with the text it was sent, so no answer could be attributed"
            )
        return set()
