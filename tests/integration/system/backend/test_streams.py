"""Streamed answers: what is sent is what is stored, and no client has to stay for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app as create_model
from crosstalk.model.conversation import ModelReply, ToolCall
from crosstalk.model.policies import helpful
from crosstalk.model.wire import response, response_events
from system.store.schemas import MessageRole
from tests.unit.system.backend.serving import Backend, backend, eventually, serving

EVENTS = {"Accept": "text/event-stream"}


def frames(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The server-sent events of a whole stream."""
    found = []
    for block in text.split("\n\n"):
        if block:
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def messages(system: Backend, subject: str, conversation: str) -> list[dict[str, Any]]:
    """What is stored of a conversation."""
    answer = await system.http.get(
        f"/api/{subject}/conversations/{conversation}/messages", headers=system.bearer(subject)
    )
    return list(answer.json()["items"])


async def settled(system: Backend) -> None:
    """Wait until no answer is being made."""
    await eventually(lambda: system.services.chat.under_way == 0)


@pytest.fixture
async def slow(running: RunningSystem) -> AsyncIterator[Backend]:
    """A backend whose model takes its time between the pieces of an answer."""
    async with (
        serving(create_model(helpful, piece_seconds=0.05)) as model,
        backend(running, model) as system,
    ):
        yield system


async def test_the_pieces_together_are_the_answer_that_is_stored(slow: Backend, alice: str) -> None:
    answer = await slow.http.post(
        "/api/chat",
        json={"message": "add a task to buy milk"},
        headers={**slow.bearer(alice), **EVENTS},
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-store" in answer.headers["cache-control"]
    events = frames(answer.text)
    kinds = [kind for kind, _ in events]
    assert kinds[0] == "started"
    assert kinds[-1] == "answered"
    assert kinds.index("tool_started") < kinds.index("tool_call") < kinds.index("delta")
    text = "".join(data["text"] for kind, data in events if kind == "delta")
    started, answered = events[0][1], events[-1][1]
    assert answered["message"]["content"] == text
    assert answered["tool_calls"][0]["name"] == "add_task"
    assert started["message_id"] == answered["message"]["id"]
    stored = await messages(slow, alice, started["conversation_id"])
    assert [each["content"] for each in stored] == ["add a task to buy milk", text]
    assert not stored[1]["interrupted"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/event-stream, */json"])
async def test_chat_answers_json_unless_only_events_are_accepted(
    slow: Backend, alice: str, accept: str
) -> None:
    answer = await slow.http.post(
        "/api/chat",
        json={"message": "hello"},
        headers={**slow.bearer(alice), "Accept": accept},
    )
    kind = "text/event-stream" if "event-stream" in accept else "application/json"
    assert answer.headers["content-type"].startswith(kind)


async def test_another_users_conversation_is_404_before_the_stream_begins(
    slow: Backend, alice: str, bob: str
) -> None:
    first = await slow.http.post("/api/chat", json={"message": "hello"}, headers=slow.bearer(alice))
    body = {"message": "hi", "conversation_id": first.json()["conversation_id"]}
    answer = await slow.http.post("/api/chat", json=body, headers={**slow.bearer(bob), **EVENTS})
    assert answer.status_code == 404


@pytest.mark.parametrize("leave_after", ["started", "delta"])
async def test_a_client_that_leaves_leaves_a_consistent_conversation_and_no_task(
    slow: Backend, alice: str, leave_after: str
) -> None:
    before = len(asyncio.all_tasks())
    conversation = ""
    async with slow.http.stream(
        "POST",
        "/api/chat",
        json={"message": "hello, who are you?"},
        headers={**slow.bearer(alice), **EVENTS},
    ) as answer:
        seen = ""
        async for text in answer.aiter_text():
            seen += text
            whole = frames(seen[: seen.rfind("\n\n") + 2])
            conversation = whole[0][1]["conversation_id"]
            if whole[-1][0] == leave_after:
                break
    await settled(slow)
    stored = await messages(slow, alice, conversation)
    assert [each["role"] for each in stored][:1] == [MessageRole.USER]
    if leave_after == "delta":
        assert stored[1]["interrupted"]
        assert "I can add, list, search, complete and delete your tasks.".startswith(
            stored[1]["content"]
        )
    assert slow.services.store.pool_status().checked_out == 0
    await eventually(lambda: len(asyncio.all_tasks()) <= before)


async def test_a_client_that_hangs_up_on_a_plain_answer_ends_it_too(
    running: RunningSystem, alice: str
) -> None:
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def model(request: Request) -> Response:
        # A model that answers could be faster than the client is gone.
        await request.body()
        asked.set()
        while (await request.receive())["type"] != "http.disconnect":
            continue
        let_go.set()
        return PlainTextResponse("")

    async with (
        serving(Starlette(routes=[Route("/v1/responses", model, methods=["POST"])])) as url,
        backend(running, url) as system,
    ):
        before = len(asyncio.all_tasks())
        body = {"message": "hello, who are you?"}
        waiting = asyncio.create_task(
            system.http.post("/api/chat", json=body, headers=system.bearer(alice))
        )
        await asyncio.wait_for(asked.wait(), 30)
        assert system.services.chat.under_way == 1
        waiting.cancel()
        await settled(system)
        await asyncio.wait_for(let_go.wait(), 30)
        await eventually(lambda: len(asyncio.all_tasks()) <= before)
        listed = await system.http.get(f"/api/{alice}/conversations", headers=system.bearer(alice))
        (conversation,) = listed.json()["items"]
        stored = await messages(system, alice, conversation["id"])
        assert [each["content"] for each in stored] == [body["message"]]


async def test_history_tells_the_model_that_an_answer_was_interrupted(
    running: RunningSystem, alice: str
) -> None:
    heard: list[Any] = []

    async def model(request: Request) -> Response:
        heard.append((await request.json())["input"])

        async def pieces() -> AsyncIterator[str]:
            for event in response_events(ModelReply(text="a long answer " * 20), "m"):
                yield event
                await asyncio.sleep(0.05 if len(heard) == 1 else 0)

        return StreamingResponse(pieces(), media_type="text/event-stream")

    async with (
        serving(Starlette(routes=[Route("/v1/responses", model, methods=["POST"])])) as url,
        backend(running, url) as system,
    ):
        headers = {**system.bearer(alice), **EVENTS}
        body = {"message": "tell me"}
        async with system.http.stream("POST", "/api/chat", json=body, headers=headers) as answer:
            seen = ""
            async for text in answer.aiter_text():
                seen += text
                if "event: delta" in seen:
                    break
        conversation = frames(seen[: seen.rfind("\n\n") + 2])[0][1]["conversation_id"]
        await settled(system)
        body = {"message": "go on", "conversation_id": conversation}
        await system.http.post("/api/chat", json=body, headers=system.bearer(alice))
    assert "[the person stopped this answer here]" in heard[1][1]["content"]


def wrong(kind: str) -> Callable[[Request], Any]:
    """A model server that does not work."""

    async def page(request: Request) -> Response:
        return PlainTextResponse("<html>welcome</html>")

    async def failing(request: Request) -> Response:
        return JSONResponse({"error": {"message": "secret of the provider"}}, 500)

    async def denied(request: Request) -> Response:
        return JSONResponse({"error": {"message": "wrong key sk-123"}}, 401)

    async def hanging(request: Request) -> Response:
        while (await request.receive())["type"] != "http.disconnect":
            continue
        return PlainTextResponse("")

    async def broken(request: Request) -> Response:
        async def pieces() -> AsyncIterator[str]:
            yield "event: response.created\ndata: {not json\n\n"

        return StreamingResponse(pieces(), media_type="text/event-stream")

    async def cut(request: Request) -> Response:
        async def pieces() -> AsyncIterator[str]:
            for number, event in enumerate(
                response_events(ModelReply(text="half of it " * 9), "m")
            ):
                yield event
                await asyncio.sleep(0)
                if number == 6:
                    raise ConnectionResetError

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return {each.__name__: each for each in (page, failing, denied, hanging, broken, cut)}[kind]


@pytest.mark.parametrize("kind", ["page", "failing", "denied", "hanging", "broken", "cut"])
async def test_a_model_that_does_not_work_is_unavailable_and_the_message_is_kept(
    running: RunningSystem, alice: str, kind: str
) -> None:
    model = Starlette(routes=[Route("/v1/responses", wrong(kind), methods=["POST"])])
    async with (
        serving(model) as url,
        backend(running, url, agent_timeout_seconds=1 if kind == "hanging" else 20) as system,
    ):
        answer = await system.http.post(
            "/api/chat", json={"message": "are you there?"}, headers=system.bearer(alice)
        )
        assert (answer.status_code, answer.json()["error_code"]) == (503, "unavailable")
        assert "Retry-After" in answer.headers
        assert "secret" not in answer.text
        assert "sk-123" not in answer.text
        streamed = await system.http.post(
            "/api/chat", json={"message": "now?"}, headers={**system.bearer(alice), **EVENTS}
        )
        events = frames(streamed.text)
        assert (events[-1][0], events[-1][1]["error_code"]) == ("failed", "unavailable")
        stored = await messages(system, alice, events[0][1]["conversation_id"])
        said = "".join(data["text"] for name, data in events if name == "delta")
        assert [each["content"] for each in stored] == ["now?", *([said] if said else [])]
        assert bool(said) == (kind == "cut")
        assert system.services.chat.under_way == 0


async def test_a_model_that_is_away_is_unavailable(running: RunningSystem, alice: str) -> None:
    async with backend(running, "http://127.0.0.1:9") as system:
        answer = await system.http.post(
            "/api/chat", json={"message": "are you there?"}, headers=system.bearer(alice)
        )
        assert (answer.status_code, answer.json()["error_code"]) == (503, "unavailable")


async def test_a_tool_that_does_not_answer_is_not_called_again_by_itself(
    running: RunningSystem, alice: str
) -> None:
    async def away(request: Request) -> Response:
        body = await request.json()
        calls.append(body["method"])
        if body["method"] == "tools/list":
            schema = {"type": "object", "properties": {"user_id": {}, "title": {}}}
            result = {"tools": [{"name": "add_task", "inputSchema": schema}]}
            return JSONResponse({"jsonrpc": "2.0", "id": body["id"], "result": result})
        return PlainTextResponse("bad gateway", 502)

    calls: list[str] = []
    async with (
        serving(Starlette(routes=[Route("/mcp", away, methods=["POST"])])) as mcp,
        serving(create_model(helpful)) as model,
        backend(running, model, mcp_url=f"{mcp}/mcp") as system,
    ):
        answer = await system.http.post(
            "/api/chat", json={"message": "add a task to buy milk"}, headers=system.bearer(alice)
        )
    assert calls.count("tools/call") == 1
    assert answer.json()["tool_calls"][0]["outcome"] == "error"
    assert "look before repeating" in answer.json()["message"]["content"]


async def test_replies_are_asked_for_whole_where_no_client_reads_along(
    running: RunningSystem, alice: str
) -> None:
    asked: list[bool] = []
    turns = [ModelReply("One.", (ToolCall("list_tasks", {}),)), ModelReply("Two.")]

    async def model(request: Request) -> Response:
        streamed = bool((await request.json()).get("stream"))
        reply = turns[len(asked) % 2]
        asked.append(streamed)
        if not streamed:
            return JSONResponse(response(reply, "m"))
        text = "".join(response_events(reply, "m"))
        return Response(text, media_type="text/event-stream")

    app = Starlette(routes=[Route("/v1/responses", model, methods=["POST"])])
    async with serving(app) as url, backend(running, url) as system:
        for headers in ({}, EVENTS):
            answer = await system.http.post(
                "/api/chat", json={"message": "hello"}, headers={**system.bearer(alice), **headers}
            )
            # Each reply is a paragraph of the answer, however it was read.
            assert "One.\\n\\nTwo." in answer.text
    assert asked == [False, False, True, True]


async def test_no_database_connection_is_held_while_the_agent_runs(
    running: RunningSystem, alice: str
) -> None:
    held: list[int] = []

    async def model(request: Request) -> Response:
        held.append(system.services.store.pool_status().checked_out)
        if not (await request.json()).get("stream"):
            return JSONResponse(response(ModelReply(text="yes"), "m"))
        text = "".join(response_events(ModelReply(text="yes"), "m"))
        return Response(text, media_type="text/event-stream")

    app = Starlette(routes=[Route("/v1/responses", model, methods=["POST"])])
    async with serving(app) as url, backend(running, url) as system:
        for headers in ({}, EVENTS):
            answer = await system.http.post(
                "/api/chat", json={"message": "hello"}, headers={**system.bearer(alice), **headers}
            )
            assert answer.status_code == 200
    assert held == [0, 0]


async def test_one_connection_serves_many_chats_at_once(running: RunningSystem, alice: str) -> None:
    async with (
        serving(create_model(helpful, think_seconds=0.3)) as model,
        backend(running, model, database_pool_size=1, database_max_overflow=0) as system,
    ):

        async def one(number: int) -> httpx2.Response:
            subject = f"{alice}-{number}"
            body = {"message": f"add a task to do number {number}"}
            return await system.http.post("/api/chat", json=body, headers=system.bearer(subject))

        answers = await asyncio.gather(*(one(number) for number in range(12)))
    assert [each.text for each in answers if each.status_code != 200] == []
    for number, answer in enumerate(answers):
        assert f"do number {number}" in answer.json()["message"]["content"]
