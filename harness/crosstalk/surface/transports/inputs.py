"""Inputs that a client gives where a server asks for them (elicitation, sampling, roots)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What the client says that it can do; a server asks for nothing else.
CAPABILITIES: Mapping[str, Any] = {
    "elicitation": {},
    "sampling": {},
    "roots": {},
    "extensions": {"io.modelcontextprotocol/tasks": {}},
}
_TEXT = "yes"
_FORMATS: Mapping[str, str] = {
    "email": "crosstalk@example.com",
    "uri": "https://example.com/",
    "date": "2030-01-01",
    "date-time": "2030-01-01T00:00:00Z",
}


def input_for(request: Any) -> dict[str, Any] | None:
    """Return the result of a server's request; None for a request that a client need not know."""
    if not isinstance(request, Mapping):
        return None
    params = request.get("params")
    params = params if isinstance(params, Mapping) else {}
    method = request.get("method")
    if method == "elicitation/create":
        return {"action": "accept", "content": _form(params.get("requestedSchema"))}
    if method == "sampling/createMessage":
        content = {"type": "text", "text": _TEXT}
        return {
            "role": "assistant",
            "content": content,
            "model": "crosstalk",
            "stopReason": "endTurn",
        }
    if method == "roots/list":
        return {"roots": []}
    return {} if method == "ping" else None


def _form(schema: Any) -> dict[str, Any]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return {}
    return {
        str(name): _value(each) for name, each in properties.items() if isinstance(each, Mapping)
    }


def _value(schema: Mapping[str, Any]) -> Any:
    """A value that a field of a form takes; its own default or first choice, if it has one."""
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if "default" in schema:
        return schema["default"]
    choices = schema.get("enum") or [
        each.get("const") for each in schema.get("oneOf") or () if isinstance(each, Mapping)
    ]
    if choices:
        return choices[0]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "array":
        items = schema.get("items")
        return [_value(items)] if isinstance(items, Mapping) else []
    text = _FORMATS.get(str(schema.get("format")), _TEXT)
    shortest = schema.get("minLength")
    return text.ljust(shortest, "s") if isinstance(shortest, int) else text
