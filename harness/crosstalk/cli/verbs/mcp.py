"""`crosstalk mcp`: the verifier as an MCP server for coding agents."""

from __future__ import annotations

from crosstalk.core.exit_codes import ExitCode


def mcp() -> int:
    """Serve the verifier to a coding agent, by MCP on standard input and output."""
    from crosstalk.agent_server.server import make_server

    make_server().run("stdio")
    return ExitCode.CLEAN
