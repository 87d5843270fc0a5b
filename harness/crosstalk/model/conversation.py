"""The model's input and output in one form, whichever API carries them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that the model made or is about to make."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(slots=True)
class Prompt:
    """The input of one request: the latest user message and what happened since.

    Attributes:
        text: The user's text.
        calls: Tool calls made since.
        outputs: Their results, in the order of arrival.
        tools: Names of the tools that are offered.
        instructions: The system's instructions.
        earlier: Every text that came before the latest user message, oldest first.
    """

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    tools: tuple[str, ...] = ()
    instructions: str = ""
    earlier: list[str] = field(default_factory=list)

    def add_message(self, text: str) -> None:
        """Add a message of the user; everything before it becomes earlier text."""
        self.earlier += [self.text, *self.outputs] if self.text else []
        self.text, self.calls, self.outputs = text, [], []


@dataclass(frozen=True, slots=True)
class ModelReply:
    """The model's next step: tool calls, or a text."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


def from_responses(body: Mapping[str, Any]) -> Prompt:
    """Read a request of the Responses API (`POST /v1/responses`)."""
    prompt = Prompt(
        tools=tuple(str(tool.get("name")) for tool in body.get("tools") or () if tool.get("name")),
        instructions=str(body.get("instructions") or ""),
    )
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given or []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message" and item.get("role") == "user":
            prompt.add_message(_text(item.get("content")))
        elif kind == "message" and item.get("role") == "assistant":
            prompt.earlier.append(_text(item.get("content")))
        elif kind == "function_call":
            prompt.calls.append(ToolCall(str(item["name"]), _arguments(item.get("arguments"))))
        elif kind == "function_call_output":
            prompt.outputs.append(_text(item.get("output")))
    return prompt


def from_chat_completions(body: Mapping[str, Any]) -> Prompt:
    """Read a request of the Chat Completions API (`POST /v1/chat/completions`)."""
    prompt = Prompt(
        tools=tuple(
            str(tool["function"]["name"])
            for tool in body.get("tools") or ()
            if isinstance(tool.get("function"), Mapping)
        )
    )
    for message in body.get("messages") or ():
        role = message.get("role")
        if role in ("system", "developer"):
            prompt.instructions = _text(message.get("content"))
        elif role == "user":
            prompt.add_message(_text(message.get("content")))
        elif role == "assistant":
            prompt.earlier.append(_text(message.get("content")))
            for call in message.get("tool_calls") or ():
                function = call["function"]
                prompt.calls.append(ToolCall(function["name"], _arguments(function["arguments"])))
        elif role == "tool":
            prompt.outputs.append(_text(message.get("content")))
    return prompt


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
