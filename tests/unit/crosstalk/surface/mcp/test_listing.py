"""Lists that a server refuses to give, and what the error says to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.mcp.listing import listed
from crosstalk.surface.transports.base import Reply


class _Refusing:
    """A server that answers everything with one error."""

    where = "http://127.0.0.1:1/mcp"

    def __init__(self, message: str, status: int = 400) -> None:
        self._reply = Reply(
            status, {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": message}}
        )

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        return self._reply

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("message", "status", "said"),
    [
        ("Unsupported protocol version", 400, "mcp.transport = .streamable-http-older"),
        ("Bad Request: Unsupported MCP-Protocol-Version", 400, "streamable-http-older"),
        ("no", 401, "wants a credential"),
    ],
)
def test_refused_list_says_what_to_do(message: str, status: int, said: str) -> None:
    with pytest.raises(SurfaceError, match=said):
        listed(_Refusing(message, status), "tools/list", "tools", NOTHING)
