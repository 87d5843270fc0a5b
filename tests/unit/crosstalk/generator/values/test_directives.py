"""Directives that an injected text gives a model."""

from __future__ import annotations

from crosstalk.generator.values.directives import directive
from crosstalk.surface.operation import Operation, Parameter, Role

TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)


def test_key_beside_the_arguments_is_not_said() -> None:
    key = Parameter("crosstalk/idempotencyKey", {"type": "string"}, False, Role.KEY)
    tool = Operation("mcp", "mcp:add_task", (TITLE, key), reads_only=False)
    said = directive(tool, {"title": "tea", "crosstalk/idempotencyKey": "k"})
    assert said == '[[call add_task {"title": "tea"}]]'


def test_key_that_a_tool_requires_is_said() -> None:
    key = Parameter("request_id", {"type": "string"}, True, Role.KEY)
    tool = Operation("mcp", "mcp:add_task", (TITLE, key), reads_only=False)
    said = directive(tool, {"title": "tea", "request_id": "k"})
    assert said == '[[call add_task {"title": "tea", "request_id": "k"}]]'
