"""The MCP server: user-scoped tools over PostgreSQL, behind verified bearer tokens.

Imported only as `system.mcp`; the PyPI package `mcp` is the SDK it is built on.
"""
