"""What a model gone wrong writes is an error that the model reads; its answer comes."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from mcp.types import CallToolResult, TextContent, Tool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crosstalk.model.conversation import ModelReply, ToolCall
from crosstalk.model.wire import response_events
from system.backend.agent.answer_loop import AnswerLoop
from system.backend.agent.harmless import LEFT_OUT, HarmfulError, parsed_arguments
from system.backend.agent.model import PlainOpenAI
from system.backend.agent.toolbox import Toolbox
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

    class Tools:
        async def list_tools(self) -> list[Tool]:
            return [Tool(name="add_task", description="Adds.", input_schema={"type": "object"})]

        async def call_tool(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
            called.append(json.dumps(arguments))
            return CallToolResult(content=[TextContent(type="text", text="added")])

    app = Starlette(routes=[Route("/v1/responses", model, methods=["POST"])])
    pieces: list[str] = []
    async with serving(app) as url:
        client = PlainOpenAI(api_key="offline", base_url=f"{url}/v1", max_retries=0)
        loop = AnswerLoop(
            client, "model", "Help.", Toolbox(), max_tokens=100, max_turns=3, calls_at_once=1
        )
        question: list[Any] = [{"role": "user", "content": "add it"}]
        await loop.answer(cast(Any, Tools()), question, pieces.append, watched=True)
        await client.close()
    return "".join(pieces), called, sent


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
    assert (answer, called) == ("done", [])
    sent_again, told = sent[1]["input"][-2:]
    assert sent_again["arguments"] == LEFT_OUT
    assert "not a JSON object" in told["output"]


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
