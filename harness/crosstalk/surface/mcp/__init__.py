"""MCP tools, resources, prompts and completions as operations."""
