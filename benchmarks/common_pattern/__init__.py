"""The common pattern of this architecture: small, and no worse than public copies of it.

FastAPI, an Agents SDK agent, one MCP connection of the SDK for the whole process, tools with a
database session each, synchronous database access in asynchronous endpoints, and the user's id in
the agent's instructions. Where copies differ, the kinder one is taken: the list of tools is cached,
one engine serves all tools, nothing verifies a token. The endpoint's session is a dependency, as in
FastAPI's own tutorial, and so it is open while the agent runs; with `CLOSES_IN_TIME=1` it is closed
before, which copies do not do and which is measured separately. It shares nothing with `system`.
"""
