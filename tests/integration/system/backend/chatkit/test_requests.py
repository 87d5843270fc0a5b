"""ChatKit over HTTP: what is refused, cached and counted."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app as create_model
from crosstalk.model.policies import helpful
from tests.integration.system.backend.chatkit.person import (
    MISSING,
    Person,
    Served,
    message,
)
from tests.unit.system.backend.serving import backend, serving


@pytest.mark.parametrize(
    "body",
    [
        {"type": "threads.create", "params": {"input": message("x" * 4_001)}},
        {"type": "threads.create", "params": {"input": message("a\x00b")}},
        {"type": "threads.create", "params": {"input": {**message("hi"), "attachments": ["a"]}}},
        {"type": "threads.update", "params": {"thread_id": MISSING, "title": " "}},
        {"type": "threads.get_by_id", "params": {"thread_id": "../x"}},
        {"type": "threads.list", "params": {"limit": 100_000}},
        {"type": "threads.custom_action", "params": {"thread_id": MISSING}},
        {"type": "input.transcribe", "params": {}},
        {"type": "nonsense", "params": {}},
        {},
        [],
    ],
)
async def test_unsupported_chatkit_request_is_refused_before_anything_is_stored(
    fast: Served, alice: str, body: Any
) -> None:
    person = Person(fast, alice)
    answer = await fast.http.post("/chatkit", json=body, headers=person.headers)
    assert (answer.status_code, answer.json()["error_code"]) == (422, "validation_error")
    assert "nonsense" not in answer.text
    assert (await person.ask("threads.list")).json()["data"] == []


async def test_streams_are_not_cached_nor_held_back(fast: Served, alice: str) -> None:
    person = Person(fast, alice)
    answer = await person.ask("threads.create", input=message("hello"))
    assert answer.headers["cache-control"] == "no-cache, no-store, no-transform"
    assert (await person.ask("threads.list")).headers["cache-control"] == "no-store"


async def test_chatkit_without_a_token_is_refused(fast: Served) -> None:
    answer = await fast.http.post("/chatkit", json={"type": "threads.list", "params": {}})
    assert answer.status_code == 401


async def test_only_requests_for_an_answer_count_as_chats(
    running: RunningSystem, alice: str
) -> None:
    async with (
        serving(create_model(helpful)) as model,
        backend(running, model, chat_rate_limit_burst=2, chat_rate_limit_per_minute=1) as system,
    ):
        person = Person(system, alice)
        for _ in range(4):
            assert (await person.ask("threads.list")).status_code == 200
        statuses = [
            (await person.ask("threads.create", input=message("hello"))).status_code
            for _ in range(3)
        ]
    assert statuses == [200, 200, 429]
