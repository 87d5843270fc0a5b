"""mcp-idprobe: are answers routed by their JSON-RPC id alone?

It has no way to send a token, so it goes through a relay that adds the first user's. It calls one
tool with a single argument `text` and looks for that text in the answer; where no tool answers with
what it was given, it says PASS, and its evidence says that nothing was attributed. That is not a
result, and is not counted as one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.side_by_side.subject import Subject
from benchmarks.side_by_side.tools.base import Command, Ended, NotReadableError


class McpIdprobe:
    """Two sessions with the same ids, interleaved."""

    name = "mcp-idprobe"
    version = "0.1.0"
    meant_for = "whether answers of two sessions are mixed up by their id (one CVE)"
    given = "a relay that adds the first user's token; it takes no credential itself"
    seconds = 60.0

    def commands(self, subject: Subject) -> list[Command]:
        """Ten rounds; the tool that comes nearest to answering with what it was sent."""
        arguments = ["mcp-idprobe", "--url", subject.relayed_mcp_url, "--tool", "search_tasks"]
        arguments += ["--rounds", "10", "--out-dir", "evidence"]
        return [Command(arguments, ended_well=frozenset({0, 2}))]

    def findings(self, ended: Sequence[Ended]) -> set[str]:
        """The verdict VULNERABLE.

        Raises:
            NotReadableError: None of its texts came back to anybody.
        """
        path = ended[0].folder / "evidence" / "evidence.json"
        try:
            probe = json.loads(path.read_text(encoding="utf-8"))["probe"]
        except (OSError, ValueError, KeyError) as error:
            raise NotReadableError(f"no evidence: {error}") from error
        if probe["verdict"] == "VULNERABLE":
            return {"an answer reached the other session"}
        if not probe["evidence"]["correctly_delivered"]:
            raise NotReadableError(
                "no tool answers with the text it was sent, so no answer could be attributed"
            )
        return set()
