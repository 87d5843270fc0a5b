"""Keys over real HTTP: the header, the lost answer, and calls at the same moment."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import httpx2
import pytest

from crosstalk.environment import RunningSystem
from system.backend.agent.bridge import BoundTools
from system.backend.agent.connection import McpConnection
from system.errors import Unavailable
from system.identity import SigningKey, Subject, TokenExchange
from tests.integration.system.cutting import CuttingProxy, cutting_proxy


@pytest.fixture
def http(running: RunningSystem) -> Iterator[httpx2.Client]:
    """A client of the backend."""
    with httpx2.Client(base_url=running.backend_url, timeout=30.0) as client:
        yield client


@pytest.fixture
def in_front_of_backend(running: RunningSystem) -> Iterator[CuttingProxy]:
    """The backend, reached by a network that loses answers."""
    with cutting_proxy(running.backend_url) as proxy:
        yield proxy


@pytest.fixture
def in_front_of_mcp(running: RunningSystem) -> Iterator[CuttingProxy]:
    """The MCP server, reached by a network that loses answers."""
    with cutting_proxy(running.mcp_url) as proxy:
        yield proxy


def headers(running: RunningSystem, subject: str, key: str | None = None) -> dict[str, str]:
    """A token of this subject, and the key."""
    token = {"Authorization": f"Bearer {running.mint(subject)}"}
    return token if key is None else {**token, "Idempotency-Key": key}


def titles(http: httpx2.Client, running: RunningSystem, subject: str) -> list[str]:
    """What a user's own list shows."""
    answer = http.get(f"/api/{subject}/tasks", headers=headers(running, subject))
    return [each["title"] for each in answer.json()["items"]]


@pytest.mark.parametrize("key", ["a-key", None])
def test_a_client_whose_answer_was_cut_off_gets_the_first_one_by_its_key(
    http: httpx2.Client,
    running: RunningSystem,
    in_front_of_backend: CuttingProxy,
    alice: str,
    key: str | None,
) -> None:
    in_front_of_backend.cut_next(b"POST")

    def post() -> httpx2.Response:
        return httpx2.post(
            f"{in_front_of_backend.url}/api/{alice}/tasks",
            json={"title": "milk"},
            headers=headers(running, alice, key),
        )

    with pytest.raises(httpx2.TransportError):
        post()
    assert titles(http, running, alice) == ["milk"]
    again = post()
    assert again.status_code == 201
    assert len(in_front_of_backend.cut_requests) == 1
    # Without a key nothing tells the repeat from a second wish: that is what keys are for.
    assert titles(http, running, alice) == (["milk"] if key else ["milk", "milk"])


def test_a_repeat_has_the_first_status_and_body_to_the_letter(
    http: httpx2.Client, running: RunningSystem, alice: str
) -> None:
    keyed = headers(running, alice, "k")
    answers = [
        http.post(f"/api/{alice}/projects", json={"name": "Home"}, headers=keyed) for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    unkeyed = http.post(
        f"/api/{alice}/projects", json={"name": "Home"}, headers=headers(running, alice)
    )
    assert unkeyed.status_code == 409


def test_every_rest_write_takes_an_idempotency_key(
    http: httpx2.Client, running: RunningSystem, alice: str
) -> None:
    base = f"/api/{alice}"
    task = http.post(f"{base}/tasks", json={"title": "x"}, headers=headers(running, alice)).json()
    project = http.post(
        f"{base}/projects", json={"name": "p"}, headers=headers(running, alice)
    ).json()
    talk = http.post("/api/chat", json={"message": "hello"}, headers=headers(running, alice)).json()
    conversation = f"{base}/conversations/{talk['conversation_id']}"
    writes: list[tuple[str, str, Any]] = [
        ("POST", f"{base}/tasks", {"title": "y"}),
        ("PATCH", f"{base}/tasks/{task['id']}", {"priority": "high"}),
        ("POST", f"{base}/tasks/{task['id']}/complete", None),
        ("POST", f"{base}/tasks/complete-all", {}),
        ("DELETE", f"{base}/tasks/{task['id']}", None),
        ("POST", f"{base}/projects", {"name": "q"}),
        ("PATCH", f"{base}/projects/{project['id']}", {"name": "r"}),
        ("DELETE", f"{base}/projects/{project['id']}", None),
        ("PATCH", conversation, {"title": "t"}),
        ("DELETE", conversation, None),
    ]
    for method, path, body in writes:
        # The same key for all: it is of one operation.
        keyed = headers(running, alice, "k")
        first, again = (
            http.request(method, path, json=body, headers=keyed)
            if body is not None
            else http.request(method, path, headers=keyed)
            for _ in range(2)
        )
        assert first.is_success, (method, path)
        assert (again.status_code, again.content) == (first.status_code, first.content)
    document = http.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            named = {each["name"] for each in operation.get("parameters", ())}
            expected = method != "get" and ("{user_id}" in path or path == "/api/chat")
            assert ("Idempotency-Key" in named) is expected, (method, path)


@pytest.mark.parametrize("key", ["k", '"k"'])
def test_a_quoted_key_and_a_bare_one_are_the_same(
    http: httpx2.Client, running: RunningSystem, alice: str, key: str
) -> None:
    first = http.post(
        f"/api/{alice}/tasks", json={"title": "x"}, headers=headers(running, alice, "k")
    )
    again = http.post(
        f"/api/{alice}/tasks", json={"title": "x"}, headers=headers(running, alice, key)
    )
    assert again.json() == first.json()


@pytest.mark.parametrize(
    "key", ["", '""', '"', '"k', 'k"x y', "two words", "ke\ty", "k" * 256, '"' + "k" * 256 + '"']
)
def test_invalid_idempotency_key_is_named_and_nothing_is_written(
    http: httpx2.Client, running: RunningSystem, alice: str, key: str
) -> None:
    answer = http.post(
        f"/api/{alice}/tasks", json={"title": "x"}, headers=headers(running, alice, key)
    )
    assert (answer.status_code, answer.json()["error_code"]) == (422, "validation_error")
    assert list(answer.json()["details"]) == ["Idempotency-Key"]
    assert titles(http, running, alice) == []


def test_two_keys_in_one_request_are_refused(
    http: httpx2.Client, running: RunningSystem, alice: str
) -> None:
    twice = [*headers(running, alice, "a").items(), ("Idempotency-Key", "b")]
    answer = http.post(f"/api/{alice}/tasks", json={"title": "x"}, headers=twice)
    assert answer.status_code == 422
    assert titles(http, running, alice) == []


def test_another_users_idempotency_key_has_no_effect(
    http: httpx2.Client, running: RunningSystem, alice: str, bob: str
) -> None:
    ids = set()
    for subject, title in ((alice, "x"), (bob, "x"), (alice, "x"), (bob, "x")):
        answer = http.post(
            f"/api/{subject}/tasks", json={"title": title}, headers=headers(running, subject, "k")
        )
        assert answer.status_code == 201
        ids.add(answer.json()["id"])
    assert len(ids) == 2
    reused = http.post(f"/api/{bob}/tasks", json={"title": "y"}, headers=headers(running, bob, "k"))
    assert (reused.status_code, reused.json()["error_code"]) == (422, "conflict")


async def test_one_of_twenty_concurrent_calls_with_a_key_writes(
    running: RunningSystem, alice: str
) -> None:
    async with httpx2.AsyncClient(base_url=running.backend_url, timeout=30.0) as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    f"/api/{alice}/tasks",
                    json={"title": "x"},
                    headers=headers(running, alice, "k"),
                )
                for _ in range(20)
            )
        )
        listed = await client.get(f"/api/{alice}/tasks", headers=headers(running, alice))
    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1
    assert len(listed.json()["items"]) == 1


@pytest.fixture
async def tools(
    running: RunningSystem, in_front_of_mcp: CuttingProxy, alice: str
) -> AsyncIterator[BoundTools]:
    """Alice's tools, through the proxy."""
    key = SigningKey(running.exchanger.keys[0].private_jwk())
    exchange = TokenExchange(running.backend_url, running.mcp_url, key)
    connection = McpConnection(in_front_of_mcp.url, timeout=20.0, max_connections=2)
    subject = Subject(alice, "issuer", "backend", 2**31, None, {})
    yield BoundTools(connection, exchange, subject)
    await connection.aclose()


async def test_a_tool_call_whose_answer_was_cut_off_is_sent_again_with_its_key(
    tools: BoundTools, in_front_of_mcp: CuttingProxy
) -> None:
    in_front_of_mcp.cut_next(b'"add_task"', times=2)
    result = await tools.call_tool("add_task", {"title": "milk"})
    assert result.structured_content is not None
    sent = [json.loads(each.partition(b"\r\n\r\n")[2]) for each in in_front_of_mcp.requests]
    keys = [
        each["params"]["_meta"]["crosstalk/idempotencyKey"]
        for each in sent
        if each["method"] == "tools/call"
    ]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    listed = await tools.call_tool("list_tasks", {})
    assert listed.structured_content is not None
    assert listed.structured_content["items"] == [result.structured_content]


async def test_without_the_key_the_same_repeat_would_write_twice(
    tools: BoundTools, in_front_of_mcp: CuttingProxy
) -> None:
    # The control: the server does not see the key, and nothing else holds the two apart.
    in_front_of_mcp.instead = (b"/idempotencyKey", b"/idempotencyXXX")
    in_front_of_mcp.cut_next(b'"add_task"')
    await tools.call_tool("add_task", {"title": "milk"})
    listed = await tools.call_tool("list_tasks", {})
    assert listed.structured_content is not None
    assert len(listed.structured_content["items"]) == 2


async def test_a_call_that_is_sent_again_while_the_first_is_under_way_writes_once(
    running: RunningSystem, in_front_of_mcp: CuttingProxy, tools: BoundTools, alice: str
) -> None:
    await tools.call_tool("add_project", {"name": "Home"})
    hurried = McpConnection(in_front_of_mcp.url, timeout=1.5, max_connections=2, repeats=5)
    token = running.mint(alice, audience="mcp")
    admin = await asyncpg.connect(running.databases["admin"])

    def sendings() -> int:
        return sum(b'"add_task"' in each for each in in_front_of_mcp.requests)

    async def held_up() -> None:
        async with admin.transaction():
            # The key's row refers to the user's, so the first sending waits here, its key claimed.
            await admin.execute('SELECT 1 FROM "user" WHERE id = $1 FOR UPDATE', alice)
            locked.set()
            while sendings() < 2:  # noqa: ASYNC110  (another thread counts)
                await asyncio.sleep(0.05)

    locked = asyncio.Event()
    obstacle = asyncio.ensure_future(held_up())
    await locked.wait()
    arguments = {"user_id": alice, "title": "milk"}
    made = await hurried.call("add_task", arguments, token, key="k")
    await obstacle
    assert sendings() >= 2
    listed = await tools.call_tool("list_tasks", {})
    assert listed.structured_content is not None
    assert listed.structured_content["items"] == [made.structured_content]
    await hurried.aclose()
    await admin.close()


async def test_two_calls_that_are_meant_have_two_keys(tools: BoundTools) -> None:
    for _ in range(2):
        await tools.call_tool("add_task", {"title": "milk"})
    listed = await tools.call_tool("list_tasks", {})
    assert listed.structured_content is not None
    assert len(listed.structured_content["items"]) == 2


async def test_a_read_is_sent_again_and_gives_up_in_the_end(
    tools: BoundTools, in_front_of_mcp: CuttingProxy
) -> None:
    in_front_of_mcp.cut_next(b'"list_tasks"', times=1)
    assert not (await tools.call_tool("list_tasks", {})).is_error
    in_front_of_mcp.cut_next(b'"list_tasks"', times=3)
    with pytest.raises(Unavailable):
        await tools.call_tool("list_tasks", {})
    assert len(in_front_of_mcp.cut_requests) == 4


async def test_a_write_that_takes_no_key_is_sent_once(
    tools: BoundTools, in_front_of_mcp: CuttingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the server were one that does not know keys.
    monkeypatch.setattr("system.backend.agent.connection.META_KEY", "somebody/else")
    in_front_of_mcp.cut_next(b'"add_task"', times=1)
    with contextlib.suppress(Unavailable):
        await tools.call_tool("add_task", {"title": "milk"})
    assert len(in_front_of_mcp.cut_requests) == 1
    listed = await tools.call_tool("list_tasks", {})
    assert listed.structured_content is not None
    assert len(listed.structured_content["items"]) == 1
