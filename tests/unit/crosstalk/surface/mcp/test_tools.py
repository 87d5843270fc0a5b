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

    def __init__(self, properties: Mapping[str, Any] | None = None) -> None:
        schema: Any = {"properties": properties} if properties else TOOL["inputSchema"]
        self._tool = {**TOOL, "inputSchema": schema}

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        return Reply(200, {"jsonrpc": "2.0", "id": 1, "result": {"tools": [self._tool]}})

    def close(self) -> None:
        """Nothing is open."""


def test_tool_argument_takes_the_stated_values_and_is_left_out_without_any() -> None:
    facts = {"save": ToolFacts(values={"category": ["decision", "other"], "expires": []})}
    (save,) = ToolSurface(_Listing(), NOTHING, facts=facts).discover()
    found = {each.name: each for each in save.parameters}
    assert set(found) == {"text", "category"}
    assert found["category"].schema["enum"] == ["decision", "other"]
    assert found["category"].role is Role.VALUE


def test_role_and_values_of_a_list_are_stated_by_its_name_in_the_schema() -> None:
    facts = {"save": ToolFacts(roles={"tags": Role.NAME}, values={"days": ["mon", "sun"]})}
    lists = {name: {"type": "array", "items": {"type": "string"}} for name in ("tags", "days")}
    (save,) = ToolSurface(_Listing(lists), NOTHING, facts=facts).discover()
    found = {each.name: each for each in save.parameters}
    assert set(found) == {"tags[]", "days[]"}
    assert found["tags[]"].role is Role.NAME
    assert found["days[]"].schema["enum"] == ["mon", "sun"]


def test_tool_argument_is_as_its_schema_says_by_default() -> None:
    (save,) = ToolSurface(_Listing(), NOTHING).discover()
    assert {each.name for each in save.parameters} == {"text", "category", "expires"}
