"""The three ways to users' data that `MCP_DATA_ACCESS` chooses from: direct, api, hybrid.

`base` has the interface that tools, resources and prompts use, `factory` makes the one that the
configuration names, and each other module is one of them.
"""
