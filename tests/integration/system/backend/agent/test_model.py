"""What reaches the model is what the SDK would send; whose tools they are is the run's alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from agents import (
    Agent,
    AgentsException,
    MaxTurnsExceeded,
    Model,
    ModelBehaviorError,
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
from system.backend.agent.answer_loop import AnswerLoop
from system.backend.agent.bridge import BoundTools
from system.backend.agent.connection import McpConnection
from system.backend.agent.model import PlainOpenAI
from system.backend.agent.toolbox import Toolbox
from system.identity import SigningKey, Subject, TokenExchange
from tests.unit.system.backend.serving import serving

_STREAM = "text/event-stream"


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


def _loop(client: PlainOpenAI, **limits: int) -> AnswerLoop:
    wanted = {"max_tokens": 900, "max_turns": 8, "calls_at_once": 4, **limits}
    return AnswerLoop(client, "m", "Help.", Toolbox(), **wanted)


@pytest.mark.parametrize("watched", [True, False])
async def test_answer_is_asked_for_and_says_as_the_sdk_does(
    running: RunningSystem, connection: McpConnection, alice: str, *, watched: bool
) -> None:
    tools = tools_of(running, connection, alice)
    shown: list[Any] = list(await Toolbox().of(tools))
    async with listening_model() as (url, heard):
        key = {"api_key": "offline", "base_url": url}
        theirs, ours = AsyncOpenAI(**cast(Any, key)), PlainOpenAI(**cast(Any, key))
        said = await run(OpenAIResponsesModel("m", theirs), shown, tools, "show my tasks")
        by_sdk = [*heard]
        heard.clear()
        pieces: list[str] = []
        history: list[Any] = [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "show my tasks"},
        ]
        await _loop(ours).answer(tools, history, pieces.append, watched=watched)
        await theirs.close()
        await ours.close()
    assert "".join(pieces) == said
    assert len(heard) == len(by_sdk) == 2
    for one, other in zip(heard, by_sdk, strict=True):
        # It means one call at a time or several; without tools of its own the SDK says nothing.
        other.pop("parallel_tool_calls", None)
        assert other.pop("stream") is True
        assert one.pop("stream", False) is watched
        assert one.pop("max_output_tokens") == 900
        for item in (*one["input"], *other["input"]):
            # Ids of the model's own items.
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


def _events(reply: dict[str, Any], *, deltas: bool) -> Iterator[str]:
    """A reply as it is streamed, with the texts of its messages in pieces or at its end alone."""
    told: list[dict[str, Any]] = []
    for place, item in enumerate(reply["output"]):
        told.append({"type": "response.output_item.added", "item": item, "output_index": place})
        for part in item.get("content", []) if deltas else []:
            event = {"type": "response.output_text.delta", "item_id": item["id"], "logprobs": []}
            told.append({**event, "output_index": place, "content_index": 0, "delta": part["text"]})
    told.append({"type": f"response.{reply['status']}", "response": reply})
    for number, each in enumerate(told):
        yield f"data: {json.dumps({**each, 'sequence_number': number})}\n\n"


async def _answered(
    running: RunningSystem,
    connection: McpConnection,
    user: str,
    replies: list[dict[str, Any]],
    *,
    watched: bool,
    deltas: bool = True,
    **limits: int,
) -> tuple[list[str], list[dict[str, Any]]]:
    """Pieces of an answer to a model that replies so, and what that was sent."""
    heard: list[dict[str, Any]] = []

    async def reply(request: Request) -> Response:
        heard.append(await request.json())
        said = replies[min(len(heard), len(replies)) - 1]
        if not watched:
            return JSONResponse(said)
        return Response("".join(_events(said, deltas=deltas)), media_type=_STREAM)

    pieces: list[str] = []
    app = Starlette(routes=[Route("/v1/responses", reply, methods=["POST"])])
    async with serving(app) as url:
        client = PlainOpenAI(**cast(Any, {"api_key": "offline", "base_url": f"{url}/v1"}))
        try:
            tools = tools_of(running, connection, user)
            await _loop(client, **limits).answer(
                tools, [{"role": "user", "content": "go"}], pieces.append, watched=watched
            )
        finally:
            await client.close()
    return pieces, heard


@pytest.mark.parametrize(("watched", "deltas"), [(False, False), (True, True), (True, False)])
async def test_calls_of_one_reply_are_answered_each_and_texts_stand_apart(
    running: RunningSystem, connection: McpConnection, alice: str, *, watched: bool, deltas: bool
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
    pieces, heard = await _answered(
        running, connection, alice, replies, watched=watched, deltas=deltas
    )
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


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("status", ["failed", "incomplete"])
async def test_reply_that_is_not_complete_is_no_answer(
    running: RunningSystem, connection: McpConnection, alice: str, status: str, *, watched: bool
) -> None:
    replies = [_reply(_text("half"), status=status)]
    with pytest.raises(AgentsException):
        await _answered(running, connection, alice, replies, watched=watched)


@pytest.mark.parametrize("kind", ["nothing", "error"])
async def test_streamed_reply_without_an_end_is_no_answer(
    running: RunningSystem, connection: McpConnection, alice: str, kind: str
) -> None:
    left = {"nothing": "", "error": json.dumps({"type": "error", "message": "x", "code": "y"})}

    async def reply(request: Request) -> Response:
        return Response(f"data: {left[kind]}\n\n" if left[kind] else "", media_type=_STREAM)

    app = Starlette(routes=[Route("/v1/responses", reply, methods=["POST"])])
    async with serving(app) as url:
        client = PlainOpenAI(**cast(Any, {"api_key": "offline", "base_url": f"{url}/v1"}))
        tools = tools_of(running, connection, alice)
        question: list[Any] = [{"role": "user", "content": "go"}]
        with pytest.raises(ModelBehaviorError):
            await _loop(client).answer(tools, question, lambda _: None, watched=True)
        await client.close()


@pytest.mark.parametrize("watched", [True, False])
async def test_model_that_goes_on_calling_is_asked_as_often_as_there_are_turns(
    running: RunningSystem, connection: McpConnection, alice: str, *, watched: bool
) -> None:
    replies = [_reply(_call(1, "list_tasks"))]
    with pytest.raises(MaxTurnsExceeded):
        await _answered(running, connection, alice, replies, watched=watched, max_turns=3)


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
        client = AsyncOpenAI(api_key="offline", base_url=url)
        model = OpenAIResponsesModel("m", client)
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
