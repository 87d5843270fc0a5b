"""What is said about a tool's arguments beside its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.mcp.facts import ToolFacts
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.operation import Role
from crosstalk.surface.transports.base import Reply

TEXT = {"type": "string"}
TOOL = {
    "name": "save",
    "inputSchema": {
        "type": "object",
        "properties": {"text": TEXT, "category": TEXT, "expires": TEXT},
        "required": ["text"],
    },
}


class _Listing:
    """A server that has one tool."""

    where = "nowhere"

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        return Reply(200, {"jsonrpc": "2.0", "id": 1, "result": {"tools": [TOOL]}})

    def close(self) -> None:
        """Nothing is open."""


def test_tool_argument_takes_the_stated_values_and_is_left_out_without_any() -> None:
    facts = {"save": ToolFacts(values={"category": ["decision", "other"], "expires": []})}
    (save,) = ToolSurface(_Listing(), NOTHING, facts=facts).discover()
    found = {each.name: each for each in save.parameters}
    assert set(found) == {"text", "category"}
    assert found["category"].schema["enum"] == ["decision", "other"]
    assert found["category"].role is Role.VALUE


def test_tool_argument_is_as_its_schema_says_by_default() -> None:
    (save,) = ToolSurface(_Listing(), NOTHING).discover()
    assert {each.name for each in save.parameters} == {"text", "category", "expires"}
