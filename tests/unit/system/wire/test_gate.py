"""The gate lets nothing through but verified requests, public reads, and the server's own start."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from system.identity import Subject, TokenVerifier
from system.wire.gate import BearerGate, reads_of


async def through(scope: Scope) -> tuple[bool, list[Message]]:
    """Whether a scope reached the application, and what was answered."""
    reached = False
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal reached
        reached = True

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    def admit(scope: Scope, subject: Subject) -> None:
        raise AssertionError("nobody was verified")

    gate = BearerGate(
        app,
        verifier=TokenVerifier([]),
        public=reads_of({"/health"}),
        admit=admit,
        spend=admit,
    )
    await gate(scope, receive, send)
    return reached, sent


@pytest.mark.parametrize("path", ["/health", "/api/chat", "/"])
async def test_other_protocols_are_refused_whatever_the_path(path: str) -> None:
    headers = [(b"authorization", b"Bearer x")]
    reached, sent = await through({"type": "websocket", "path": path, "headers": headers})
    assert not reached
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": ""}]
    assert await through({"type": "webtransport", "path": path, "headers": headers}) == (False, [])


async def test_the_servers_own_start_and_end_go_through() -> None:
    assert await through({"type": "lifespan"}) == (True, [])


@pytest.mark.parametrize(
    ("method", "path", "goes"),
    [
        ("GET", "/health", True),
        ("HEAD", "/health", True),
        ("POST", "/health", False),
        ("DELETE", "/health", False),
        ("GET", "/healthy", False),
    ],
)
async def test_public_path_is_public_for_reading(method: str, path: str, goes: bool) -> None:
    reached, sent = await through({"type": "http", "method": method, "path": path, "headers": []})
    assert reached is goes
    if not goes:
        assert sent[0]["status"] == 401
