"""Limits on a body: the shape of its JSON, counted without parsing it; its size and its time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from system.wire.limits import BodyLimit


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"[" * 65 + b"]" * 65, "must not nest deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "must not nest deeper than 64"),
        (b"[" * 64 + b"]" * 64, None),
        (b'"' + b"[" * 5_000 + b'"', None),
        (b'"\\"' + b"[" * 5_000 + b'"', None),
        (b"[" + b",".join([b"[]"] * 500) + b"]", None),
        (b"[" + b",".join([b"1"] * 2_001) + b"]", "must not hold more than 2000 values"),
        (b"[" * 100_000, "must not nest deeper than 64"),
        ("[]".encode("utf-16"), "must be JSON in UTF-8, without NUL characters"),
    ],
)
async def test_a_body_of_odd_shape_is_refused_with_the_limit(
    body: bytes, problem: str | None
) -> None:
    async def whole() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": body, "more_body": False}

    sent, reached = await serve(whole())
    assert reached is (problem is None)
    if problem is not None:
        assert sent[0]["status"] == 422
        assert json.loads(sent[1]["body"])["details"] == {"body": problem}


@pytest.mark.parametrize("length", ["9" * 5_000, "\xb2", "-1", ""])
async def test_a_length_that_is_no_number_is_not_believed_and_breaks_nothing(length: str) -> None:
    async def whole() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"{}", "more_body": False}

    sent, reached = await serve(whole(), headers=[(b"content-length", length.encode("latin-1"))])
    assert reached or sent[0]["status"] == 413


async def serve(
    body: AsyncIterator[Message],
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    **limits: float,
) -> tuple[list[Message], bool]:
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

    scope = {"type": "http", "method": "POST", "headers": list(headers)}
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
