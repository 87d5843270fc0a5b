"""What reaches the model is what the SDK would send; whose tools they are is the run's alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from agents import (
    Agent,
    AgentsException,
    MaxTurnsExceeded,
    Model,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
)
from openai import AsyncOpenAI
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app
from crosstalk.model.conversation import ModelReply
from crosstalk.model.policies import helpful
from crosstalk.model.wire import response as whole_response
from system.backend.agent.bridge import BoundTools
from system.backend.agent.connection import McpConnection
from system.backend.agent.model import PlainOpenAI, PlainResponsesModel
from system.backend.agent.toolbox import Toolbox
from system.backend.agent.whole_answers import WholeAnswers
from system.identity import SigningKey, Subject, TokenExchange
from tests.unit.system.backend.serving import serving


@asynccontextmanager
async def listening_model() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """An offline model, and the requests that it was sent."""
    model = create_app(helpful)
    heard: list[dict[str, Any]] = []

    async def hear(request: Request) -> Response:
        heard.append(await request.json())
        endpoint = cast(Any, model.routes[0]).endpoint
        return cast(Response, await endpoint(request))

    app = Starlette(routes=[Route("/v1/responses", hear, methods=["POST"])])
    async with serving(app) as url:
        yield f"{url}/v1", heard


@pytest.fixture
async def connection(running: RunningSystem) -> AsyncIterator[McpConnection]:
    made = McpConnection(running.mcp_url, timeout=10.0, max_connections=10)
    yield made
    await made.aclose()


def tools_of(running: RunningSystem, connection: McpConnection, user: str) -> BoundTools:
    key = SigningKey.from_jwk_json(json.dumps(running.exchanger.keys[0].private_jwk()))
    exchange = TokenExchange(running.exchanger.url, running.mcp_url, key)
    return BoundTools(connection, exchange, Subject(user, "", "", 2**40, None, {}))


async def run(model: Model, agent_tools: list[Any], tools: BoundTools, text: str) -> str:
    agent = Agent[BoundTools](
        name="assistant", instructions="Help.", model=model, tools=agent_tools
    )
    history: list[Any] = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": text},
    ]
    config = RunConfig(tracing_disabled=True)
    result = Runner.run_streamed(agent, history, context=tools, run_config=config)
    async for _ in result.stream_events():
        pass
    return str(result.final_output)


async def test_model_request_equals_the_one_that_the_sdk_would_send(
    running: RunningSystem, connection: McpConnection, alice: str
) -> None:
    tools = tools_of(running, connection, alice)
    shown: list[Any] = list(await Toolbox().of(tools))
    async with listening_model() as (url, heard):
        key = {"api_key": "offline", "base_url": url}
        theirs, ours = AsyncOpenAI(**cast(Any, key)), PlainOpenAI(**cast(Any, key))
        said = await run(OpenAIResponsesModel("m", theirs), shown, tools, "show my tasks")
        by_sdk = [*heard]
        heard.clear()
        assert await run(PlainResponsesModel("m", ours), shown, tools, "show my tasks") == said
        await theirs.close()
        await ours.close()
    assert len(heard) == len(by_sdk) == 2
    for one, other in zip(heard, by_sdk, strict=True):
        # It means one call at a time or several; without tools of its own the SDK says nothing.
        other.pop("parallel_tool_calls", None)
        for request in (one, other):
            for item in request["input"]:
                # Ids of the model's own items.
                for name in ("id", "call_id"):
                    item.pop(name, None)
        assert one == other


def _whole(client: PlainOpenAI, **limits: int) -> WholeAnswers:
    wanted = {"max_tokens": 900, "max_turns": 8, "calls_at_once": 4, **limits}
    return WholeAnswers(client, "m", "Help.", Toolbox(), **wanted)


async def test_answer_of_whole_replies_is_asked_for_and_says_as_the_sdk_does(
    running: RunningSystem, connection: McpConnection, alice: str
) -> None:
    tools = tools_of(running, connection, alice)
    shown: list[Any] = list(await Toolbox().of(tools))
    async with listening_model() as (url, heard):
        client = PlainOpenAI(**cast(Any, {"api_key": "offline", "base_url": url}))
        streamed = await run(PlainResponsesModel("m", client), shown, tools, "show my tasks")
        by_sdk = [*heard]
        heard.clear()
        pieces: list[str] = []
        history: list[Any] = [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "show my tasks"},
        ]
        await _whole(client).answer(tools, history, pieces.append)
        await client.close()
    assert "".join(pieces) == streamed
    assert len(heard) == len(by_sdk) == 2
    for one, other in zip(heard, by_sdk, strict=True):
        assert other.pop("stream") is True
        assert one.pop("max_output_tokens") == 900
        for item in (*one["input"], *other["input"]):
            for name in ("id", "call_id"):
                item.pop(name, None)
        assert one == other


def _reply(*output: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    reply = json.loads(json.dumps(whole_response(ModelReply("x"), "m")))
    return {**reply, "output": list(output), "status": status}


def _call(number: int, name: str, arguments: str = "{}") -> dict[str, Any]:
    call = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}"}
    return {**call, "name": name, "arguments": arguments, "status": "completed"}


def _text(text: str) -> dict[str, Any]:
    content = {"type": "output_text", "text": text, "annotations": []}
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [content],
    }


async def _answered(
    running: RunningSystem,
    connection: McpConnection,
    user: str,
    replies: list[dict[str, Any]],
    **limits: int,
) -> tuple[list[str], list[dict[str, Any]]]:
    """Pieces of an answer to a model that replies so, and what that was sent."""
    heard: list[dict[str, Any]] = []

    async def reply(request: Request) -> Response:
        heard.append(await request.json())
        return JSONResponse(replies[min(len(heard), len(replies)) - 1])

    pieces: list[str] = []
    app = Starlette(routes=[Route("/v1/responses", reply, methods=["POST"])])
    async with serving(app) as url:
        client = PlainOpenAI(**cast(Any, {"api_key": "offline", "base_url": f"{url}/v1"}))
        try:
            tools = tools_of(running, connection, user)
            await _whole(client, **limits).answer(
                tools, [{"role": "user", "content": "go"}], pieces.append
            )
        finally:
            await client.close()
    return pieces, heard


async def test_calls_of_one_reply_are_answered_each_and_texts_stand_apart(
    running: RunningSystem, connection: McpConnection, alice: str
) -> None:
    replies = [
        _reply(
            _text("Let me see."),
            _call(1, "list_tasks"),
            _call(2, "no_such_tool"),
            _call(3, "list_tasks", "[" * 10_000),
            _call(4, "invite"),
        ),
        _reply(_text("Done.")),
    ]
    pieces, heard = await _answered(running, connection, alice, replies)
    assert pieces == ["Let me see.", "\n\nDone."]
    results = {
        each["call_id"]: each["output"]
        for each in heard[1]["input"]
        if each.get("type") == "function_call_output"
    }
    assert '"items"' in results["call_1"]
    assert results["call_2"] == "Tool 'no_such_tool' not found."
    assert "not a JSON object" in results["call_3"]
    assert results["call_4"] == "Tool 'invite' not found."


@pytest.mark.parametrize("status", ["failed", "incomplete"])
async def test_reply_that_is_not_complete_is_no_answer(
    running: RunningSystem, connection: McpConnection, alice: str, status: str
) -> None:
    with pytest.raises(AgentsException):
        await _answered(running, connection, alice, [_reply(_text("half"), status=status)])


async def test_model_that_goes_on_calling_is_asked_as_often_as_there_are_turns(
    running: RunningSystem, connection: McpConnection, alice: str
) -> None:
    with pytest.raises(MaxTurnsExceeded):
        await _answered(running, connection, alice, [_reply(_call(1, "list_tasks"))], max_turns=3)


async def test_whole_reply_is_asked_for_again_as_the_sdk_does() -> None:
    heard: list[Request] = []

    async def fail_once(request: Request) -> Response:
        heard.append(request)
        if len(heard) == 1:
            return Response(status_code=503, headers={"Retry-After": "0"})
        return Response("[]", media_type="application/json")

    async with serving(
        Starlette(routes=[Route("/v1/responses", fail_once, methods=["POST"])])
    ) as url:
        key: Any = {"api_key": "offline", "base_url": f"{url}/v1", "max_retries": 1}
        client = PlainOpenAI(**key)
        with pytest.raises(ValidationError):
            await client.whole_reply({"model": "m", "input": "x"})
        with pytest.raises(ValidationError):
            await client.whole_reply({"model": "m", "input": "another"})
        await client.close()
    assert [each.headers["x-stainless-retry-count"] for each in heard] == ["0", "1", "0"]
    assert {each.headers["authorization"] for each in heard} == {"Bearer offline"}
    assert len({each.headers["content-length"] for each in heard}) == 2


async def test_toolbox_makes_tools_once_and_calls_them_as_the_runs_subject(
    running: RunningSystem, connection: McpConnection, alice: str, bob: str
) -> None:
    toolbox = Toolbox()
    hers, his = (tools_of(running, connection, each) for each in (alice, bob))
    shown: list[Any] = list(await toolbox.of(hers))
    for mine, others in zip(shown, await toolbox.of(his), strict=True):
        assert mine is others
    async with listening_model() as (url, _):
        client = PlainOpenAI(api_key="offline", base_url=url)
        model = PlainResponsesModel("m", client)
        await run(model, shown, hers, "add a task to water the fern")
        assert "fern" in await run(model, shown, hers, "show my tasks")
        assert "fern" not in await run(model, shown, his, "show my tasks")
        await client.close()
    assert [use.name for use in hers.uses] == ["add_task", "list_tasks"]
    assert [use.name for use in his.uses] == ["list_tasks"]


async def test_no_tool_that_the_model_is_shown_has_an_identity_argument(
    running: RunningSystem, connection: McpConnection, alice: str
) -> None:
    for tool in await Toolbox().of(tools_of(running, connection, alice)):
        assert "user_id" not in json.dumps(tool.params_json_schema)
