"""Turns hand on what is said as it comes, in as few pieces as it has come in."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from system.backend.agent.bridge import ToolBegan
from system.backend.chat import ChatEvent, Failed, TextDelta, Turn
from system.errors import ServerError

FAILED = Failed(ServerError(), None)


async def test_texts_that_have_come_are_one_and_all_else_stays_in_its_place() -> None:
    events: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
    turn = Turn(uuid4(), events)
    began = ToolBegan("list_tasks")
    for event in (TextDelta("a"), TextDelta("b"), began, TextDelta("c"), FAILED, None):
        events.put_nowait(event)
    assert [each async for each in turn.events()] == [
        TextDelta("ab"),
        began,
        TextDelta("c"),
        FAILED,
    ]


async def test_text_is_handed_on_before_the_next_one_has_come() -> None:
    events: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
    seen = Turn(uuid4(), events).events()
    for text in ("a", "b"):
        events.put_nowait(TextDelta(text))
        assert await anext(seen) == TextDelta(text)
    events.put_nowait(TextDelta("c"))
    events.put_nowait(None)
    assert [each async for each in seen] == [TextDelta("c")]
