"""Calls a tool with an idempotency key, by the SDK's own client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import RequestParamsMeta

from crosstalk.environment import RunningSystem
from system.wire.idempotency_key_meta import META_KEY


async def keyed_call(
    running: RunningSystem,
    subject: str,
    tool: str,
    key: object,
    mode: str = "2026-07-28",
    **arguments: Any,
) -> Mapping[str, Any]:
    """The structured content of the answer."""
    token = running.mint(subject, audience="mcp")
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        transport = streamable_http_client(running.mcp_url, http_client=http)
        async with Client(transport, mode=mode) as client:
            meta = cast("RequestParamsMeta", {META_KEY: key})
            answer = await client.call_tool(tool, {"user_id": subject, **arguments}, meta=meta)
    assert isinstance(answer.structured_content, dict)
    return answer.structured_content
