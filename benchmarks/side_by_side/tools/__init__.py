"""One module a tool: its command lines, and how its output is read."""

from benchmarks.side_by_side.tools.agent_security_harness import AgentSecurityHarness
from benchmarks.side_by_side.tools.base import Command, Ended, NotReadableError, Tool
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
    "Ended",
    "McpAuthlab",
    "McpFuzzer",
    "McpIdprobe",
    "NotReadableError",
    "Schemathesis",
    "Tool",
    "all_tools",
]


def all_tools() -> list[Tool]:
    """Every column of the table, ours last."""
    return [
        Schemathesis(),
        McpFuzzer(),
        McpAuthlab(),
        AgentSecurityHarness(),
        Corvus(),
        McpIdprobe(),
        Crosstalk(),
    ]
