"""What the model is shown, in one form whichever API carried it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that the model made or makes."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(slots=True)
class Turn:
    """The latest user message and what happened since.

    Attributes:
        text: The user's text.
        calls: Tool calls made since.
        outputs: What they returned, in the order of arrival.
        tools: Names of the tools that are offered.
        instructions: The system's instructions.
        heard: Every text that came before the latest user message, oldest first.
    """

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    tools: tuple[str, ...] = ()
    instructions: str = ""
    heard: list[str] = field(default_factory=list)

    def hear(self, text: str) -> None:
        """A new message of the user: all that was said before it becomes the past."""
        self.heard += [self.text, *self.outputs] if self.text else []
        self.text, self.calls, self.outputs = text, [], []


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model does next: calls tools, or says something."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


def from_responses(body: Mapping[str, Any]) -> Turn:
    """Read a request of the Responses API (`POST /v1/responses`)."""
    turn = Turn(
        tools=tuple(str(tool.get("name")) for tool in body.get("tools") or () if tool.get("name")),
        instructions=str(body.get("instructions") or ""),
    )
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given or []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message" and item.get("role") == "user":
            turn.hear(_text(item.get("content")))
        elif kind == "message" and item.get("role") == "assistant":
            turn.heard.append(_text(item.get("content")))
        elif kind == "function_call":
            turn.calls.append(ToolCall(str(item["name"]), _arguments(item.get("arguments"))))
        elif kind == "function_call_output":
            turn.outputs.append(_text(item.get("output")))
    return turn


def from_chat_completions(body: Mapping[str, Any]) -> Turn:
    """Read a request of the Chat Completions API (`POST /v1/chat/completions`)."""
    turn = Turn(
        tools=tuple(
            str(tool["function"]["name"])
            for tool in body.get("tools") or ()
            if isinstance(tool.get("function"), Mapping)
        )
    )
    for message in body.get("messages") or ():
        role = message.get("role")
        if role in ("system", "developer"):
            turn.instructions = _text(message.get("content"))
        elif role == "user":
            turn.hear(_text(message.get("content")))
        elif role == "assistant":
            turn.heard.append(_text(message.get("content")))
            for call in message.get("tool_calls") or ():
                function = call["function"]
                turn.calls.append(ToolCall(function["name"], _arguments(function["arguments"])))
        elif role == "tool":
            turn.outputs.append(_text(message.get("content")))
    return turn


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return "" if content is None else json.dumps(content)


def _arguments(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(str(text))
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
