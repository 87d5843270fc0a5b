"""The reference system: a multi-user AI product that keeps its users apart.

Rooms: `store` (tables, row-level security, the per-user session), `identity` (who a token
speaks for), `mcp` (the tool server), `backend` (REST, agent, chat) and `frontend` (the pages).
Nothing in here knows the harness that verifies it.
"""

__version__ = "0.2.0"
