"""Directives: words by which an injected text has a model call a tool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crosstalk.surface.capabilities import without_key
from crosstalk.surface.operation import Operation


def tool_name(tool: Operation) -> str:
    """Return the name by which a model knows a tool."""
    return tool.name.split(":", 1)[-1]


def directive(tool: Operation, arguments: Mapping[str, Any]) -> str:
    """Return the words by which an injected text has a model call a tool.

    A key that names the call is left out: where it travels beside the arguments a model cannot say
    it, and the call would be refused for that.
    """
    return f"[[call {tool_name(tool)} {json.dumps(without_key(tool, arguments))}]]"
