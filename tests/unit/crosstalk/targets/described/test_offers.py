"""What an MCP server offers beside its tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.verdict import InconclusiveKind
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.transports.base import Reply
from crosstalk.targets.described.offers import unread_offers

_UNKNOWN = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "not found"}}


class Lists:
    """Answers the methods that it knows with a result."""

    where = "memory"

    def __init__(self, **results: Mapping[str, Any]) -> None:
        self.results = {name.replace("__", "/"): result for name, result in results.items()}

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """The result of that method, or that there is no such method."""
        if method not in self.results:
            return Reply(200, _UNKNOWN)
        return Reply(200, {"jsonrpc": "2.0", "id": 1, "result": self.results[method]})

    def close(self) -> None:
        """Nothing is open."""


def test_offers_that_a_campaign_does_not_call_are_named() -> None:
    server = Lists(
        resources__list={"resources": [{"uri": f"note:///{each}"} for each in range(5)]},
        prompts__list={"prompts": []},
    )
    (found,) = unread_offers(server, NOTHING)
    assert found.kind is InconclusiveKind.NOT_UNDERSTOOD
    assert str(found) == (
        "mcp:resources/list: offered and not read: note:///0, note:///1, note:///2 and 2 more"
    )


def test_server_that_offers_tools_alone_has_no_unread_offers() -> None:
    assert unread_offers(Lists(), NOTHING) == []
