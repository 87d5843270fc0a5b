"""Chats over a network that loses answers: nothing is said or done twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from system.backend.agent.call_keys import CallKeys
from system.backend.app import create_app
from system.backend.settings import BackendSettings
from tests.integration.system.cutting import cutting_proxy

MILK = {"message": "add a task to buy milk"}


class Chats:
    """One user at one backend."""

    def __init__(self, http: httpx2.AsyncClient, token: str, user: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._user = user

    async def ask(self, key: str | None, **body: Any) -> httpx2.Response:
        """Send a message, by default the one about milk."""
        keyed = {"Idempotency-Key": key} if key is not None else {}
        return await self._http.post(
            "/api/chat", json={**MILK, **body}, headers={**self._headers, **keyed}
        )

    async def read(self, path: str) -> list[dict[str, Any]]:
        """The items of one of the user's lists."""
        answer = await self._http.get(f"/api/{self._user}/{path}", headers=self._headers)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def tasks(self) -> list[str]:
        """Titles of the user's tasks."""
        return [each["title"] for each in await self.read("tasks")]

    async def said(self) -> list[str]:
        """Who said something in the user's one conversation, in order."""
        (conversation,) = await self.read("conversations")
        messages = await self.read(f"conversations/{conversation['id']}/messages")
        return [each["role"] for each in messages]


@pytest.fixture
async def chats(running: RunningSystem, alice: str) -> AsyncIterator[Chats]:
    """Alice at the running backend."""
    async with httpx2.AsyncClient(base_url=running.backend_url, timeout=30.0) as http:
        yield Chats(http, running.mint(alice), alice)


@asynccontextmanager
async def backend_with(
    running: RunningSystem, monkeypatch: pytest.MonkeyPatch, user: str, **settings: str
) -> AsyncIterator[Chats]:
    """A user at a backend of this process that reaches something by another way."""
    environment = {**running.services["backend"].environment, **settings}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = create_app(BackendSettings())
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://backend", timeout=30.0
        ) as http,
    ):
        yield Chats(http, running.mint(user), user)


async def test_a_tool_call_whose_answer_was_cut_off_makes_one_task(
    running: RunningSystem, monkeypatch: pytest.MonkeyPatch, alice: str
) -> None:
    with cutting_proxy(running.mcp_url) as proxy:
        proxy.cut_next(b'"add_task"')
        ways = {"MCP_URL": proxy.url, "MCP_RESOURCE_URL": running.mcp_url}
        async with backend_with(running, monkeypatch, alice, **ways) as chats:
            answer = await chats.ask(None)
            assert len(proxy.cut_requests) == 1
            assert [each["outcome"] for each in answer.json()["tool_calls"]] == ["ok"]
            assert await chats.tasks() == ["buy milk"]


@pytest.mark.parametrize("key", ["k", None])
async def test_a_chat_whose_answer_was_cut_off_has_it_by_its_key(
    running: RunningSystem, chats: Chats, alice: str, key: str | None
) -> None:
    with cutting_proxy(running.backend_url) as proxy:
        proxy.cut_next(b"/api/chat")
        async with httpx2.AsyncClient(base_url=proxy.url, timeout=30.0) as http:
            unlucky = Chats(http, running.mint(alice), alice)
            with pytest.raises(httpx2.TransportError):
                await unlucky.ask(key)
            again = await unlucky.ask(key)
    assert again.json()["tool_calls"][0]["name"] == "add_task"
    assert again.json()["message"]["content"]
    assert await chats.tasks() == (["buy milk"] if key else ["buy milk", "buy milk"])
    if key:
        assert await chats.said() == ["user", "assistant"]


async def test_repeated_chat_has_the_same_answer_as_json_and_as_events(chats: Chats) -> None:
    first = await chats.ask("k")
    again = await chats.ask("k")
    assert (again.status_code, again.content) == (200, first.content)
    chats._headers["Accept"] = "text/event-stream"
    events = (await chats.ask("k")).text
    assert first.json()["message"]["id"] in events
    assert "event: answered" in events
    assert await chats.said() == ["user", "assistant"]


async def test_chat_key_belongs_to_one_message_in_one_conversation(chats: Chats) -> None:
    first = (await chats.ask("k")).json()
    for other in (
        {"message": "add a task to buy bread"},
        {"conversation_id": first["conversation_id"]},
    ):
        refused = await chats.ask("k", **other)
        assert (refused.status_code, refused.json()["error_code"]) == (422, "conflict")
    assert await chats.tasks() == ["buy milk"]


async def test_an_answer_that_broke_off_is_attempted_again_and_does_nothing_twice(
    running: RunningSystem, monkeypatch: pytest.MonkeyPatch, alice: str
) -> None:
    assert running.model_url is not None
    with cutting_proxy(running.model_url) as model:
        # The model asks for the tool; what it would say to the result is lost, and lost again.
        model.cut_next(b"function_call_output", times=2)
        ways = {"OPENAI_BASE_URL": f"{model.url}/v1"}
        async with backend_with(running, monkeypatch, alice, **ways) as chats:
            broken = await chats.ask("k")
            assert broken.status_code == 503
            assert await chats.tasks() == ["buy milk"]
            answer = await chats.ask("k")
            assert answer.status_code == 200
            assert [each["name"] for each in answer.json()["tool_calls"]] == ["add_task"]
            assert await chats.tasks() == ["buy milk"]
            assert await chats.said() == ["user", "assistant"]


async def test_without_a_key_an_answer_that_broke_off_says_what_it_did_and_not_to_repeat_it(
    running: RunningSystem, monkeypatch: pytest.MonkeyPatch, alice: str
) -> None:
    assert running.model_url is not None
    with cutting_proxy(running.model_url) as model:
        model.cut_next(b"function_call_output", times=2)
        ways = {"OPENAI_BASE_URL": f"{model.url}/v1"}
        async with backend_with(running, monkeypatch, alice, **ways) as chats:
            broken = await chats.ask(None)
            assert broken.status_code == 503
            assert "Retry-After" not in broken.headers
            done = broken.json()["details"]["tool_calls"]
            assert done == [{"name": "add_task", "outcome": "ok"}]
            (conversation,) = await chats.read("conversations")
            kept = (await chats.read(f"conversations/{conversation['id']}/messages"))[-1]
            assert kept["interrupted"]
            assert "add_task: ok" in kept["content"]


def test_the_calls_of_one_answer_have_keys_that_another_attempt_makes_again() -> None:
    arguments = {"title": "milk", "priority": None}
    first, second = CallKeys("an answer"), CallKeys("an answer")
    made = [first.next("add_task", arguments) for _ in range(2)]
    assert len(set(made)) == 2
    assert [second.next("add_task", dict(reversed(arguments.items()))) for _ in range(2)] == made
    for other in (
        second.next("add_task", {"title": "bread"}),
        second.next("delete_task", arguments),
        CallKeys("another").next("add_task", arguments),
    ):
        assert other not in made
    unnamed = CallKeys()
    assert unnamed.next("add_task", arguments) != CallKeys().next("add_task", arguments)
