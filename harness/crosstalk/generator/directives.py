"""Directives: words by which an injected text has a model call a tool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crosstalk.surface.operation import Operation, Role


def tool_name(tool: Operation) -> str:
    """Return the name by which a model knows a tool."""
    return tool.name.split(":", 1)[-1]


def directive(tool: Operation, arguments: Mapping[str, Any]) -> str:
    """Return the words by which an injected text has a model call a tool.

    A key that names the call is left out: where it travels beside the arguments a model cannot say
    it, and the call would be refused for that.
    """
    keys = {each.name for each in tool.parameters if each.role is Role.KEY and not each.required}
    said = {name: value for name, value in arguments.items() if name not in keys}
    return f"[[call {tool_name(tool)} {json.dumps(said)}]]"
