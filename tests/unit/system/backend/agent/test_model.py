"""Answers of the model that the SDKs cannot read are one error, whatever they trip over."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, OpenAIError
from openai._base_client import BaseClient
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel

from crosstalk.model.conversation import ModelReply, ToolCall
from crosstalk.model.wire import response_events
from system.backend.agent.model import ModelUnreadableError, PlainOpenAI, readable


async def _events(error: Exception) -> AsyncIterator[int]:
    yield 1
    raise error


@pytest.mark.parametrize(
    "error",
    [
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        AttributeError("'str' object has no attribute 'type'"),
        RecursionError(),
        TypeError(),
    ],
)
async def test_answer_that_cannot_be_read_is_one_error(error: Exception) -> None:
    events = readable(_events(error))
    assert await anext(events) == 1
    with pytest.raises(ModelUnreadableError, match=type(error).__name__):
        await anext(events)


@pytest.mark.parametrize("error", [OpenAIError("away"), TimeoutError()])
async def test_failure_of_the_models_server_keeps_its_kind(error: Exception) -> None:
    with pytest.raises(type(error)):
        async for _ in readable(_events(error)):
            pass


def _sent(reply: ModelReply) -> list[dict[str, Any]]:
    lines = [line for event in response_events(reply, "m") for line in event.splitlines()]
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


_TEXT = _sent(ModelReply(text="Done: two words more."))
_CALL = _sent(ModelReply(calls=(ToolCall("list_tasks", {"status": "pending"}),)))
_ODD: list[Any] = [
    {},
    "text",
    None,
    {"type": ["response.created"]},
    {"type": "response.created"},
    {"type": "response.of_tomorrow", "sequence_number": 1},
    {"type": "response.output_text.delta", "delta": 7, "sequence_number": "x"},
    {**_TEXT[-1], "response": {"output": "none"}},
]


@pytest.mark.parametrize("data", [*_TEXT, *_CALL, *_ODD], ids=lambda _: "")
async def test_event_of_an_answer_is_read_as_the_sdk_reads_it(data: Any) -> None:
    response = httpx2.Response(200)

    def read_by(client: AsyncOpenAI) -> Any:
        cast_to: Any = ResponseStreamEvent
        read: Any = client._process_response_data(data=data, cast_to=cast_to, response=response)
        return read

    ours, theirs = read_by(PlainOpenAI(api_key="k")), read_by(AsyncOpenAI(api_key="k"))
    assert type(ours) is type(theirs)
    if isinstance(ours, BaseModel):
        assert ours.model_dump(warnings=False) == theirs.model_dump(warnings=False)
    else:
        assert ours == theirs


def test_every_kind_of_event_that_the_model_sends_is_read_without_the_sdk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(BaseClient, "_process_response_data")
    client, response = PlainOpenAI(api_key="k"), httpx2.Response(200)
    for each in (*_TEXT, *_CALL):
        cast_to: Any = ResponseStreamEvent
        read: Any = client._process_response_data(data=each, cast_to=cast_to, response=response)
        assert read.type == each["type"]
