"""Small running applications, one a topology; `crosstalk.deadlock.topologies` declares each.

They share their parts with the reference system and differ only in what their name says. A chat
reads in the database, thinks, calls one tool over MCP, and answers with the tool's text; the bearer
token is the user's id, since verification of tokens has no part in stalls. `python -m
loadtests.topologies NAME backend` serves one, `... NAME mcp` its MCP server where that is separate.
"""
