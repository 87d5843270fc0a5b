"""What a model gone wrong writes is an error that the model reads; its answer comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agents import Agent, FunctionTool, RunConfig, Runner
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crosstalk.model.conversation import ModelReply, ToolCall
from crosstalk.model.wire import response_events
from system.backend.agent.harmless import LEFT_OUT, HarmfulError, parsed_arguments
from system.backend.agent.model import PlainOpenAI, PlainResponsesModel
from tests.unit.system.backend.serving import serving

DEEP = "[" * 50_000
NAMES = ["arguments", "text", "name"]


def events(reply: ModelReply, place: str, written: str) -> bytes:
    """A streamed answer in which a place is what a JSON string of ASCII says."""
    text = "".join(response_events(reply, "model"))
    return text.replace(json.dumps(place), f'"{written}"').encode()


async def answered(*bodies: bytes) -> tuple[str, list[str], list[dict[str, Any]]]:
    """The answer of a run; which arguments the tool was called with; what the model was sent."""
    left = list(bodies)
    sent: list[dict[str, Any]] = []
    called: list[str] = []

    async def model(request: Request) -> Response:
        sent.append(await request.json())
        return Response(left.pop(0), media_type="text/event-stream")

    async def invoke(context: object, given: str) -> str:
        called.append(given)
        return "refused"

    tool = FunctionTool("add_task", "Adds.", {"type": "object", "properties": {}}, invoke)
    tool.strict_json_schema = False
    app = Starlette(routes=[Route("/v1/responses", model, methods=["POST"])])
    async with serving(app) as url:
        client = PlainOpenAI(api_key="offline", base_url=f"{url}/v1", max_retries=0)
        agent = Agent[None](
            name="assistant", model=PlainResponsesModel("model", client), tools=[tool]
        )
        config = RunConfig(tracing_disabled=True, tool_not_found_behavior="return_error_to_model")
        result = Runner.run_streamed(agent, "add it", run_config=config)
        async for _ in result.stream_events():
            continue
        await client.close()
    return str(result.final_output), called, sent


DONE = "".join(response_events(ModelReply(text="done"), "model")).encode()


@pytest.mark.parametrize(
    "written",
    [DEEP, r"\ud800", r"{\"title\": \"\\ud800\"}", "x" * 70_000, r"{\"a\": [" + "1," * 3_000],
    ids=["deep", "half a character", "escaped in the arguments", "long", "many"],
)
async def test_arguments_that_end_the_sdks_stack_are_refused_and_the_answer_comes(
    written: str,
) -> None:
    call = ModelReply(calls=(ToolCall("add_task", {"title": "PLACE"}),))
    place = json.dumps({"title": "PLACE"})
    answer, called, sent = await answered(events(call, place, written), DONE)
    assert (answer, called) == ("done", [LEFT_OUT])
    assert "refused" in json.dumps(sent[1]["input"])


async def test_half_a_character_in_a_text_becomes_a_question_mark() -> None:
    reply = events(ModelReply(text="PLACE"), "PLACE", r"half \ud800")
    assert (await answered(reply))[0] == "half ?"


async def test_half_a_character_in_a_tools_name_is_an_unknown_tool() -> None:
    call = ModelReply(calls=(ToolCall("PLACE", {}),))
    answer, called, _ = await answered(events(call, "PLACE", r"\ud800"), DONE)
    assert (answer, called) == ("done", [])


@pytest.mark.parametrize(
    ("given", "harmless"),
    [
        ("", True),
        ('{"title": "\u00e9\U0001f600"}', True),
        ("not json", True),
        ('{"n": ' + "9" * 5_000 + "}", True),
        (DEEP, False),
        ('{"title": "\\ud800"}', False),
        ("\ud800", False),
        ('{"title": "' + "a" * 70_000 + '"}', False),
    ],
)
def test_harmless_arguments(given: str, harmless: bool) -> None:
    harmful = False
    try:
        parsed_arguments(given)
    except HarmfulError:
        harmful = True
    except ValueError:
        harmful = False
    assert harmful is not harmless
