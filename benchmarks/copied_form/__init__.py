"""The form of this architecture that is widely copied, small, and no worse than it is found.

FastAPI, an Agents SDK agent, one MCP connection of the SDK for the whole process, tools with a
database session each, synchronous database access in asynchronous endpoints, and the user's id in
the agent's instructions. Where copies differ, the kinder one is taken: the list of tools is cached,
no session is held while the agent runs, nothing verifies a token. It shares nothing with `system`.
"""
