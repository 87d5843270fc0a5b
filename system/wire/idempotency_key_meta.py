"""The idempotency key in MCP's `_meta`: one name in the call that carries it and in the tool.

The backend sends it, the MCP server reads it, and a tool that writes declares under the same name
that it knows a repeated call by its key.
"""

from __future__ import annotations

META_KEY = "crosstalk/idempotencyKey"
