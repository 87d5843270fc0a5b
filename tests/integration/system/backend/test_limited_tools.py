"""The backend's figures count agents and tool calls under way."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app as create_model
from crosstalk.model.policies import helpful
from system.observe.metrics import REGISTRY
from tests.unit.system.backend.serving import backend, eventually, serving


def figure(name: str, **labels: str) -> float:
    """A sample of this process."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_agents_under_way_and_their_tool_calls_are_counted(
    running: RunningSystem, alice: str
) -> None:
    thought = asyncio.Event()
    model = create_model(helpful)

    async def thinking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await thought.wait()
        await model(scope, receive, send)

    calls = {"tool": "add_task", "outcome": "ok"}
    before = figure("crosstalk_tool_calls_total", **calls)
    body = {"message": "add a task to rest"}
    async with serving(thinking) as url, backend(running, url) as system:
        headers = system.bearer(alice)
        asking = [
            asyncio.create_task(system.http.post("/api/chat", json=body, headers=headers))
            for _ in range(3)
        ]
        await eventually(lambda: figure("crosstalk_agents_in_flight") == 3)
        thought.set()
        assert {each.status_code for each in await asyncio.gather(*asking)} == {200}
    assert figure("crosstalk_agents_in_flight") == 0
    assert figure("crosstalk_tool_calls_total", **calls) == before + 3
