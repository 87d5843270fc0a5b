"""The agent: its loop, tools, model, and the bridge to the MCP server."""
