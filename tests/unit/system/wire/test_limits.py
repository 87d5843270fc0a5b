"""Limits on a body: how deep its JSON nests, counted without parsing it; its size and its time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from system.wire.limits import MAX_JSON_DEPTH, BodyLimit, json_depth


@pytest.mark.parametrize(
    ("body", "too_deep"),
    [
        (b"[" * 65 + b"]" * 65, True),
        (b'{"a":' * 65 + b"1" + b"}" * 65, True),
        (b"[" * 64 + b"]" * 64, False),
        (b'"' + b"[" * 500 + b'"', False),
        (b'"\\"' + b"[" * 500 + b'"', False),
        (b"[" + b",".join([b"[]"] * 500) + b"]", False),
        (b"[" * 100_000, True),
    ],
)
def test_nesting_is_measured_outside_strings(body: bytes, too_deep: bool) -> None:
    assert (json_depth(body) > MAX_JSON_DEPTH) is too_deep


async def serve(body: AsyncIterator[Message], **limits: float) -> tuple[list[Message], bool]:
    """What a limited application answers to a body, and whether it was reached."""
    reached = False
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal reached
        reached = True

    async def receive() -> Message:
        return await anext(body)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": []}
    await BodyLimit(app, **limits)(scope, receive, send)  # type: ignore[arg-type]
    return sent, reached


async def test_a_body_that_never_ends_is_given_up() -> None:
    async def dripping() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.Event().wait()

    sent, reached = await serve(dripping(), max_seconds=0.01)
    assert not reached
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["details"] == {"body": "must arrive within 0.01 seconds"}


async def test_a_body_in_small_pieces_is_counted_whole() -> None:
    async def pieces() -> AsyncIterator[Message]:
        while True:
            yield {"type": "http.request", "body": b"x" * 10, "more_body": True}

    sent, reached = await serve(pieces(), max_bytes=95)
    assert not reached
    assert sent[0]["status"] == 413


async def test_a_client_that_goes_away_is_answered_nothing() -> None:
    async def leaving() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        yield {"type": "http.disconnect"}

    assert await serve(leaving()) == ([], False)
