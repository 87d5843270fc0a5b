"""Small running applications, one a topology; `crosstalk.deadlock.topologies` declares each.

They share their parts with the reference system and differ only in what their name says. A chat
reads in the database, thinks, calls one tool over MCP, and answers with what the tool said; whoever
calls is who the bearer says, for verifying tokens has no part in stalls. `python -m
loadtests.topologies NAME backend` serves one, `... NAME mcp` its MCP server where that is separate.
"""
