"""Logins of a described system: by an MCP tool, by REST requests, or by an OAuth 2.0 grant.

`config` has what the file may say, `values` reads tokens, ids and cookies out of answers, and
`by_tool` and `by_request` sign users up and log them in.
"""
