"""What an MCP server says about itself, as operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.mcp.protocol import McpProtocolSurface
from crosstalk.surface.transports.base import Reply, TransportError


class Server:
    """Lists three tools on three pages to whoever has a credential."""

    where = "memory"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """A page of the list; nothing for a stranger, silence at what it does not know."""
        self.asked.append(method)
        if method not in ("tools/list", "server/discover"):
            raise TransportError("silent")
        if not presented.headers:
            return Reply(401, {"error": "unauthorized"})
        if method == "server/discover":
            return Reply(200, {"result": {"instructions": "be kind", "ttlMs": 1}})
        page = int(params.get("cursor", 0))
        more = {"nextCursor": str(page + 1)} if page < 2 else {}
        return Reply(200, {"result": {"tools": [{"name": f"t{page}"}], **more}})

    def close(self) -> None:
        """Nothing is open."""


USER = Presented({"Authorization": "Bearer t"})


def test_methods_that_answer_are_operations_of_which_a_stranger_may_be_refused() -> None:
    server = Server()
    surface = McpProtocolSurface(server, NOTHING, also=(USER,))
    found = surface.discover()
    assert [each.name for each in found] == ["mcp:server/discover", "mcp:tools/list"]
    assert all(each.public and each.descriptive for each in found)
    # What is met with silence is asked for once.
    assert server.asked.count("prompts/list") == 1
    assert surface.call(found[1], {}, NOTHING).outcome is Outcome.REFUSED


def test_all_pages_of_a_list_are_one_answer() -> None:
    surface = McpProtocolSurface(Server(), USER)
    greeting, listing = surface.discover()
    assert surface.call(greeting, {}, USER).body == {"instructions": "be kind"}
    assert [each["name"] for each in surface.call(listing, {}, USER).body["tools"]] == [
        *("t0", "t1", "t2")
    ]
