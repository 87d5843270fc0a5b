"""Fairness: what one user may have under way at once, at both services and at the database."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from crosstalk.environment import RunningSystem
from system.backend.agent.bridge import BoundTools
from system.errors import Conflict, RateLimited, Unavailable
from system.store import Store, StoreSettings, conversations, projects, tasks
from system.store.schemas import MessageRole, ProjectDraft, TaskDraft


@asynccontextmanager
async def store(running: RunningSystem, **settings: Any) -> AsyncIterator[Store]:
    """A store on the running system's database."""
    url = SecretStr(running.databases["backend"])
    made = Store(
        StoreSettings.model_validate(
            {"database_url": url, "cursor_secret": secrets.token_hex(32), **settings}
        )
    )
    try:
        yield made
    finally:
        await made.close()


async def test_one_user_cannot_take_the_whole_pool(
    running: RunningSystem, alice: str, bob: str
) -> None:
    settings = {"database_pool_size": 3, "database_max_overflow": 0, "database_pool_timeout": 1.0}
    async with (
        store(running, **settings, database_sessions_per_user=2) as made,
        AsyncExitStack() as stack,
    ):
        for _ in range(2):
            await stack.enter_async_context(made.user_session(alice))
        with pytest.raises(Unavailable):
            await stack.enter_async_context(made.user_session(alice))
        async with made.user_session(bob) as session:
            await tasks.list_tasks(session)


async def test_readiness_does_not_wait_for_the_pool(running: RunningSystem, alice: str) -> None:
    settings = {"database_pool_size": 1, "database_max_overflow": 0}
    async with store(running, **settings) as made, made.user_session(alice):
        async with asyncio.timeout(5):
            await made.ping()


async def test_a_search_has_less_time_than_other_statements(
    running: RunningSystem, alice: str
) -> None:
    async with store(running, database_search_timeout=0.001) as made:
        async with made.user_session(alice) as session:
            for _ in range(400):
                draft = TaskDraft(title="long", description="x" * 2_000)
                await tasks.add_task(session, draft=draft)
        with pytest.raises(Unavailable):
            async with made.user_session(alice) as session:
                await tasks.search_tasks(session, query="what is not there")
        async with made.user_session(alice) as session:
            assert (await tasks.list_tasks(session)).items


async def test_searches_of_one_user_wait_for_each_other_and_no_other_user_does(
    running: RunningSystem, alice: str, bob: str
) -> None:
    async with store(running, database_pool_timeout=0.5) as made:
        async with (
            made.user_session(alice) as one,
            made.user_session(alice) as other,
            one.limits.searches.turn(alice, seconds=1),
        ):
            with pytest.raises(Unavailable):
                await tasks.search_tasks(other, query="milk")
            async with made.user_session(bob) as session:
                assert not (await tasks.search_tasks(session, query="milk")).items
        async with made.user_session(alice) as session:
            assert not (await tasks.search_tasks(session, query="milk")).items


async def test_exhausted_pool_has_its_line_in_the_log(
    running: RunningSystem, alice: str, bob: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"database_pool_size": 1, "database_max_overflow": 0, "database_pool_timeout": 0.2}
    async with store(running, **settings) as made, made.user_session(alice) as one:
        await tasks.list_tasks(one)
        with pytest.raises(Unavailable):
            async with made.user_session(bob):
                pytest.fail("there was a second connection")
    (line,) = [each for each in caplog.records if each.getMessage() == "pool exhausted"]
    assert vars(line)["checked_out"] == 1


async def test_user_keeps_no_more_rows_than_the_quota(
    running: RunningSystem, alice: str, bob: str
) -> None:
    quotas = {"tasks_per_user": 2, "projects_per_user": 1, "conversations_per_user": 1}
    async with store(running, **quotas, messages_per_user=1) as made:
        for user in (alice, bob):
            async with made.user_session(user) as session:
                first = await tasks.add_task(session, draft=TaskDraft(title="one"))
                await tasks.add_task(session, draft=TaskDraft(title="two"))
                await projects.add_project(session, draft=ProjectDraft(name="home"))
                kept = await conversations.start(session)
                said = partial(
                    conversations.append,
                    session,
                    conversation_id=kept.id,
                    role=MessageRole.USER,
                    content="x",
                )
                await said()
                with pytest.raises(Conflict) as told:
                    await tasks.add_task(session, draft=TaskDraft(title="three"))
                assert told.value.details == {"tasks": "at most 2"}
                with pytest.raises(Conflict, match="projects"):
                    await projects.add_project(session, draft=ProjectDraft(name="work"))
                with pytest.raises(Conflict, match="conversations"):
                    await conversations.start(session)
                with pytest.raises(Conflict, match="messages"):
                    await said()
                await tasks.delete_task(session, task_id=first.id)
                await tasks.add_task(session, draft=TaskDraft(title="three"))


class Counting:
    """A connection to tools that counts calls, and has a share for every user."""

    calls_per_answer = 5

    def __init__(self) -> None:
        self.calls = 0

    @asynccontextmanager
    async def share_of(self, user_id: str) -> AsyncIterator[None]:
        """Let no request wait."""
        yield

    async def call(self, name: str, arguments: Mapping[str, Any], token: str, key: str) -> Any:
        """Count."""
        self.calls += 1
        raise Unavailable()

    async def tools(self, token: str) -> list[Any]:
        """None; a call is made by its name."""
        return []

    def shown(self, listed: list[Any], made: object) -> list[Any]:
        """None either."""
        return listed

    def label(self, name: str) -> str:
        """As figures call it."""
        return name

    def only_reads(self, name: str) -> bool:
        """All do."""
        return True


async def test_an_answer_has_a_bounded_number_of_tool_calls(alice: str) -> None:
    class Exchange:
        def token_for(self, user_id: str) -> str:
            return "token"

    class Subject:
        user_id = alice

    connection = Counting()
    tools = BoundTools(connection, Exchange(), Subject())  # type: ignore[arg-type]
    for _ in range(5):
        with pytest.raises(Unavailable):
            await tools.call_tool("list_tasks", {})
    await tools.list_tools()
    with pytest.raises(RateLimited, match="no more tool calls"):
        await tools.call_tool("list_tasks", {})
    # The model has one turn to say what was done; another with calls ends the answer.
    await tools.list_tools()
    with pytest.raises(Unavailable, match="ask for less"):
        await tools.list_tools()
    assert connection.calls == 5


async def test_requests_under_way_of_one_user_are_bounded(
    running: RunningSystem, alice: str, bob: str
) -> None:
    async def slow(user: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url = httpx2.URL(running.backend_url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        body = json.dumps({"title": "x"})
        head = (
            f"POST /api/{user}/tasks HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
            f"Authorization: Bearer {running.mint(user)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode())
        await writer.drain()
        return reader, writer

    held = [await slow(alice) for _ in range(61)]
    try:
        answers = [asyncio.create_task(reader.readline()) for reader, _ in held]
        done, _ = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        assert [each.result().split()[1] for each in done] == [b"429"]
        async with httpx2.AsyncClient() as client:
            headers = {"Authorization": f"Bearer {running.mint(bob)}"}
            stats = await client.get(f"{running.backend_url}/api/{bob}/stats", headers=headers)
        assert stats.status_code == 200
    finally:
        for each in answers:
            each.cancel()
        for _, writer in held:
            writer.close()
