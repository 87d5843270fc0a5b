"""Adapters of the tools, one module each: command lines, and parsing of their output."""

from benchmarks.side_by_side.tools.agent_security_harness import AgentSecurityHarness
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, Tool, UnreadableReportError
from benchmarks.side_by_side.tools.corvus import Corvus
from benchmarks.side_by_side.tools.crosstalk import Crosstalk
from benchmarks.side_by_side.tools.mcp_authlab import McpAuthlab
from benchmarks.side_by_side.tools.mcp_fuzzer import McpFuzzer
from benchmarks.side_by_side.tools.mcp_idprobe import McpIdprobe
from benchmarks.side_by_side.tools.schemathesis import Schemathesis

__all__ = [
    "AgentSecurityHarness",
    "Command",
    "Corvus",
    "Crosstalk",
    "FinishedCommand",
    "McpAuthlab",
    "McpFuzzer",
    "McpIdprobe",
    "Schemathesis",
    "Tool",
    "UnreadableReportError",
    "all_tools",
]


def all_tools() -> list[Tool]:
    """Return the columns of the table, Crosstalk last."""
    return [
        Schemathesis(),
        McpFuzzer(),
        McpAuthlab(),
        AgentSecurityHarness(),
        Corvus(),
        McpIdprobe(),
        Crosstalk(),
    ]
