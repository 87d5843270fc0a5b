"""Input that a server requires of its client, on the stream and by a result that asks for it."""

from __future__ import annotations

import json
from typing import Any

from crosstalk.core.history import Outcome
from crosstalk.surface import NOTHING, ToolSurface, stateless_tools
from crosstalk.surface.http.event_stream import MEDIA_TYPE
from crosstalk.surface.mcp.inputs import required_input
from crosstalk.surface.transports import CurrentHttp, OlderHttp
from crosstalk.surface.transports.inputs import input_for
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json

ASKS = {
    "method": "elicitation/create",
    "params": {
        "message": "Export the note of alice?",
        "requestedSchema": {"type": "object", "properties": {"ok": {"type": "boolean"}}},
    },
}


def reply(message: dict[str, Any], result: Any) -> Said:
    """A reply of JSON-RPC."""
    return as_json({"jsonrpc": "2.0", "id": message["id"], "result": result})


def test_input_required_is_given_and_the_call_repeated() -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: Asked) -> Said:
        message = json.loads(request.body)
        asked.append(message["params"])
        if "inputResponses" in message["params"]:
            return reply(message, {"content": [{"type": "text", "text": "all notes"}]})
        wanted = {"sure": ASKS, "model": {"method": "sampling/createMessage"}}
        return reply(
            message,
            {"resultType": "input_required", "requestState": "s1", "inputRequests": wanted},
        )

    with answering(answer) as url:
        found = stateless_tools(url, NOTHING).call_tool("export", {"a": 1}, NOTHING)
    assert (found.outcome, found.body) == (Outcome.OK, "all notes")
    assert asked[1]["arguments"] == {"a": 1}
    assert asked[1]["requestState"] == "s1"
    assert asked[1]["inputResponses"]["sure"] == {"action": "accept", "content": {"ok": True}}
    assert asked[1]["inputResponses"]["model"]["role"] == "assistant"
    # What the server says when it asks is evidence as well.
    assert "Export the note of alice?" in str(found.unsolicited)


def test_input_required_without_end_is_an_answer() -> None:
    asked: list[Asked] = []

    def answer(request: Asked) -> Said:
        asked.append(request)
        return reply(json.loads(request.body), {"resultType": "input_required"})

    with answering(answer) as url:
        surface = ToolSurface(CurrentHttp(url, timeout=5), NOTHING)
        found = surface.call_tool("export", {}, NOTHING)
    assert len(asked) == 5
    assert found.body == {"resultType": "input_required"}


def test_input_asked_for_on_the_stream_is_given() -> None:
    given: list[dict[str, Any]] = []

    def answer(request: Asked) -> Said:
        message = json.loads(request.body)
        if "method" not in message:
            given.append(message)
            return Said(status=202)
        if "id" not in message:
            return Said(status=202)
        if message["method"] == "initialize":
            assert {"elicitation", "sampling"} <= set(message["params"]["capabilities"])
            return reply(message, {"protocolVersion": "2025-06-18"})
        events = [
            {"jsonrpc": "2.0", "id": "q1", **ASKS},
            {"jsonrpc": "2.0", "id": message["id"], "result": {"content": []}},
        ]
        sent = "".join(f"data: {json.dumps(each)}\n\n" for each in events)
        return Said(sent.encode(), kind=MEDIA_TYPE)

    with answering(answer) as url:
        surface = ToolSurface(OlderHttp(url, timeout=5), NOTHING)
        assert surface.call_tool("export", {}, NOTHING).outcome is Outcome.OK
        surface.close()
    (response,) = given
    assert response["id"] == "q1"
    assert response["result"] == {"action": "accept", "content": {"ok": True}}


def test_form_is_filled_in_by_its_schema() -> None:
    properties = {
        "choice": {"type": "string", "enum": ["a", "b"]},
        "titled": {"type": "string", "oneOf": [{"const": "x", "title": "X"}]},
        "count": {"type": "integer", "minimum": 3},
        "mail": {"type": "string", "format": "email"},
        "long": {"type": "string", "minLength": 6},
        "given": {"type": "string", "default": "d"},
        "odd": True,
    }
    request = {
        "method": "elicitation/create",
        "params": {"requestedSchema": {"properties": properties}},
    }
    assert input_for(request) == {
        "action": "accept",
        "content": {
            "choice": "a",
            "titled": "x",
            "count": 3,
            "mail": "crosstalk@example.com",
            "long": "yessss",
            "given": "d",
        },
    }


def test_request_that_a_client_need_not_know_is_not_answered() -> None:
    assert input_for({"method": "vendor/ask"}) is None
    assert input_for(7) is None
    assert required_input({"content": []}) is None
    assert required_input({"resultType": "input_required"}) == {"inputResponses": {}}
