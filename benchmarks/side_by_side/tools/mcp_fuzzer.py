"""mcp-fuzzer: realistic and malformed input for every tool and every method of an MCP server."""

from __future__ import annotations

import json
from collections.abc import Sequence

from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, UnreadableReportError


class McpFuzzer:
    """A fuzzer of tools and protocol, with its audits of security and authorization."""

    name = "mcp-fuzzer"
    version = "0.7.0"
    meant_for = "whether an MCP server survives and refuses malformed input; not users apart"
    given = "the first user's token in its file of credentials; it has no second identity"
    seconds = 240.0

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """Tools and protocol, both phases, learned sequences, and both audits."""
        credentials = {
            "providers": {"alice": {"type": "api_key", "api_key": system.alice.mcp}},
            "default_provider": "alice",
        }
        arguments = ["mcp-fuzzer", "--mode", "all", "--protocol", "streamablehttp"]
        arguments += ["--endpoint", system.mcp_url, "--phase", "both", "--runs", "10"]
        arguments += ["--runs-per-type", "5", "--stateful", "--auth-config", "credentials.json"]
        arguments += ["--security-audit", "--security-audit-intrusive", "--auth-audit"]
        arguments += ["--seed", str(system.seed), "--no-network", "--fail-if-no-tools"]
        arguments += ["--no-corpus", "--output-dir", "reports"]
        return [Command(arguments, files={"credentials.json": json.dumps(credentials)})]

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """A category of finding at a tool or method; runs and inputs of one kind are one."""
        path = finished[0].folder / "reports" / "findings.json"
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UnreadableReportError(f"no report: {error}") from error
        return {
            f"{each['category']}: {each['target']}: {each['detail']}" for each in report["findings"]
        }
