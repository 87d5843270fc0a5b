"""The connection to the MCP server: whose turn it is."""

from __future__ import annotations

from system.backend.agent.connection import McpConnection
from system.wire.rate_limit import Pace


async def test_calls_keep_the_pace_that_is_given() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))

    # A pace that nobody has used yet is empty.
    pace = Pace(10.0, 3, clock=lambda: 0.0, sleep=sleep)
    connection = McpConnection("http://127.0.0.1:9/mcp", timeout=1, max_connections=1, pace=pace)
    try:
        for _ in range(5):
            async with connection.share_of("alice"):
                pass
    finally:
        await connection.aclose()
    assert slept == [0.1, 0.2]
