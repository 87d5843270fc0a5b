"""Answers that are sent while they are being made, and what happens when no client waits for them.

A client may leave at any moment. Whatever happens to the response, the turns that it shows are
closed before the request ends: no task stays behind, and what was said is in the thread.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from system.backend.chat import Turn

MEDIA_TYPE = "text/event-stream"
Result = TypeVar("Result")


class TurnStream(StreamingResponse):
    """A stream of server-sent events that closes its turns when it ends.

    Args:
        frames: The encoded events.
        turns: The turns that the frames show; may grow while they are made.
    """

    def __init__(self, frames: AsyncIterator[bytes], turns: list[Turn]) -> None:
        headers = {
            # Compressing proxies hold events back until there is enough to compress.
            "Cache-Control": "no-cache, no-store, no-transform",
            "X-Accel-Buffering": "no",
        }
        super().__init__(frames, media_type=MEDIA_TYPE, headers=headers)
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            for turn in self._turns:
                await turn.aclose()


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result | None:
    """The result of some work, or None when the client left, whereupon the work was cancelled.

    The body must have been read: what the client sends next can then only be that it is gone.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.wait({working, leaving})


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def frame(event: str, data: Mapping[str, Any]) -> bytes:
    """One server-sent event with JSON data (HTML standard, section 9.2)."""
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def wants_stream(accept: str) -> bool:
    """Return whether an `Accept` header asks for events and does not take JSON as well."""
    types = {each.split(";")[0].strip().lower() for each in accept.split(",")}
    return MEDIA_TYPE in types and "application/json" not in types
