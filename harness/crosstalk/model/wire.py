"""Writes replies in the format of OpenAI's two APIs, whole or as server-sent events.

Shapes follow OpenAI's API reference for `responses` and `chat/completions`. Every output item has
an id of its own: clients store items by id.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from crosstalk.model.conversation import ModelReply

_PIECE = 24


def _id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def response(reply: ModelReply, model: str) -> dict[str, Any]:
    """Build a completed object of the Responses API."""
    output: list[dict[str, Any]] = [
        {
            "type": "function_call",
            "id": _id("fc"),
            "call_id": _id("call"),
            "name": call.name,
            "arguments": json.dumps(call.arguments),
            "status": "completed",
        }
        for call in reply.calls
    ]
    if reply.text:
        output.append(
            {
                "type": "message",
                "id": _id("msg"),
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": reply.text, "annotations": []}],
            }
        )
    return {
        "id": _id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 2,
        },
    }


def response_events(reply: ModelReply, model: str) -> Iterator[str]:
    """Yield the same as a stream of events."""
    whole = response(reply, model)
    sequence = 0

    def event(kind: str, **data: Any) -> str:
        nonlocal sequence
        payload = {"type": kind, "sequence_number": sequence, **data}
        sequence += 1
        return f"event: {kind}\ndata: {json.dumps(payload)}\n\n"

    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(whole["output"]):
        place = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "function_call":
            opened = {**item, "arguments": "", "status": "in_progress"}
            yield event("response.output_item.added", output_index=index, item=opened)
            for piece in _pieces(item["arguments"]):
                yield event("response.function_call_arguments.delta", delta=piece, **place)
            yield event(
                "response.function_call_arguments.done",
                arguments=item["arguments"],
                name=item["name"],
                **place,
            )
        else:
            part = item["content"][0]
            inside = {**place, "content_index": 0}
            opened = {**item, "content": [], "status": "in_progress"}
            yield event("response.output_item.added", output_index=index, item=opened)
            yield event("response.content_part.added", part={**part, "text": ""}, **inside)
            for piece in _pieces(part["text"]):
                yield event("response.output_text.delta", delta=piece, logprobs=[], **inside)
            yield event("response.output_text.done", text=part["text"], logprobs=[], **inside)
            yield event("response.content_part.done", part=part, **inside)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=whole)


def completion(reply: ModelReply, model: str) -> dict[str, Any]:
    """Build an object of the Chat Completions API."""
    return {
        "id": _id("chatcmpl"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls" if reply.calls else "stop",
                "message": {
                    "role": "assistant",
                    "content": reply.text or None,
                    "tool_calls": _tool_calls(reply) or None,
                },
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def completion_events(reply: ModelReply, model: str) -> Iterator[str]:
    """Yield the same as a stream of chunks."""
    identifier, created = _id("chatcmpl"), int(time.time())

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        payload = {
            "id": identifier,
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
            "choices": [choice],
        }
        return f"data: {json.dumps(payload)}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    for index, call in enumerate(_tool_calls(reply)):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    for piece in _pieces(reply.text):
        yield chunk({"content": piece})
    yield chunk({}, "tool_calls" if reply.calls else "stop")
    yield "data: [DONE]\n\n"


def _tool_calls(reply: ModelReply) -> list[dict[str, Any]]:
    return [
        {
            "id": _id("call"),
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for call in reply.calls
    ]
