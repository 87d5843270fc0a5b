"""Answers of the model that the SDKs cannot read are one error, whatever they trip over."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from openai import OpenAIError

from system.backend.agent.model import ModelUnreadableError, readable


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
