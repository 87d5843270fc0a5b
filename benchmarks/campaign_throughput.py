"""Throughput of an isolation campaign, against the same calls in a bare loop of the `mcp` client.

The campaign decides its calls, draws their arguments, resets the database between examples, judges
every history, and calls the tools by MCP alone, because that is all the client can do. The loop
makes the calls that a campaign made, one after the other, with a client for each credential, and
looks at no answer. Ids in it name objects that are gone by then, which makes it a little faster.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from benchmarks.figures import Figure, Goal, alternate
from benchmarks.fixture import Fixture
from crosstalk.campaign.events import Event
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.history import Answer
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Surface
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.reference.target import reference_target

_PROTOCOL = "2026-07-28"
_CALLS = 400
_ROUNDS = 5


@dataclass(slots=True)
class _Recording:
    """A surface that records its calls."""

    inner: Surface
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    def discover(self) -> list[Operation]:
        return self.inner.discover()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        credential = presented.headers.get("Authorization", "")
        self.calls.append((operation.name.partition(":")[2], dict(arguments), credential))
        return self.inner.call(operation, arguments, presented)

    def close(self) -> None:
        self.inner.close()


async def measure(fixture: Fixture) -> list[Figure]:
    """Measure the figure of this benchmark."""
    running = fixture.system()
    target = await asyncio.to_thread(reference_target, running, {})
    recording = _Recording(target.surfaces["mcp"])
    alone: dict[str, Surface] = {"mcp": recording}
    tools = replace(target, surfaces=alone, operations=discovered(alone), forgeries=())
    try:
        await asyncio.to_thread(_campaign, tools, 1)
        recorded = [each for each in recording.calls if each[2]][:_CALLS]
        seeds = iter(range(2, 1_000))
        figure = await alternate(
            "campaign-throughput",
            "calls of a campaign over the tools against the same calls in a loop of the client",
            "calls/s",
            ours=lambda: asyncio.to_thread(_campaign, tools, next(seeds)),
            anchor=lambda: _loop(running.mcp_url, recorded),
            rounds=min(fixture.rounds, _ROUNDS),
            goal=Goal("least", 0.95),
        )
    finally:
        await asyncio.to_thread(target.close)
    return [figure]


def _campaign(target: Target, seed: int) -> float:
    """Return the calls a second of one whole campaign."""
    campaign = Campaign(target, CampaignOptions(_CALLS, 120.0, seed), _quiet, phases=())
    began = time.perf_counter()
    result = campaign.run()
    return result.calls / (time.perf_counter() - began)


async def _loop(url: str, calls: Sequence[tuple[str, dict[str, Any], str]]) -> float:
    """Return the calls a second of the client, whatever they answer."""
    async with AsyncExitStack() as stack:
        clients = {each: await _client(stack, url, each) for each in {c[2] for c in calls}}
        made = 0
        began = time.perf_counter()
        for name, arguments, credential in calls:
            try:
                await clients[credential].call_tool(name, arguments)
            except (MCPError, httpx2.HTTPError, anyio.ClosedResourceError, ValueError):
                continue
            made += 1
        return made / (time.perf_counter() - began)


async def _client(stack: AsyncExitStack, url: str, credential: str) -> Client:
    headers = {"Authorization": credential}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=30.0))
    transport = streamable_http_client(url, http_client=http)
    return await stack.enter_async_context(Client(transport, mode=_PROTOCOL))


def _quiet(event: Event) -> None:
    """Ignore an event: only the rate is measured."""
