"""Standing streams, resumed streams, and subscriptions, on a server whose answers are written."""

from __future__ import annotations

import json
from typing import Any

from crosstalk.core.history import Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.http.event_stream import MEDIA_TYPE
from crosstalk.surface.mcp.streams import LISTEN, RESUME, SUBSCRIBE, McpStreamsSurface
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.transports import CurrentHttp, OlderHttp
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json

ALONE = Presented({"Authorization": "Bearer t"}, connection="alice")
UPDATED = {"method": "notifications/resources/updated", "params": {"uri": "note://1"}}


def events(*messages: Any, ids: bool = True) -> Said:
    """A stream of messages, each with an id."""
    text = "".join(
        (f"id: e{number}\n" if ids else "") + f"data: {json.dumps(each) if each else ''}\n\n"
        for number, each in enumerate(messages)
    )
    return Said(text.encode(), kind=MEDIA_TYPE)


def reply(request: dict[str, Any], result: Any) -> dict[str, Any]:
    """The reply to a request."""
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


class Older:
    """A server of sessions: streams at GET, and what was asked for."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> Said:
        self.asked.append(asked)
        if asked.method == "GET":
            if "last-event-id" in asked.headers:
                return events({"jsonrpc": "2.0", "id": 3, "result": {"content": []}})
            return events({"jsonrpc": "2.0", **UPDATED})
        if asked.method == "DELETE":
            return Said(status=200)
        message = json.loads(asked.body)
        if "id" not in message:
            return Said(status=202)
        if message["method"] == "initialize":
            found = reply(message, {"protocolVersion": "2025-11-25", "capabilities": {}})
            return as_json(found, mcp_session_id="s1")
        if message["method"] == "resources/list":
            return as_json(reply(message, {"resources": [{"uri": "note://1"}]}))
        if message["method"] == "tools/call":
            # The stream ends after its first event: the client is to come back for the rest.
            return events("")
        return as_json(reply(message, {}))


def test_messages_of_a_standing_stream_are_what_listening_gives() -> None:
    server = Older()
    with answering(server) as url:
        transport = OlderHttp(url, timeout=5)
        surface = McpStreamsSurface(transport, ALONE)
        assert [each.name for each in surface.discover()] == [LISTEN, RESUME]
        listening, _ = surface.discover()
        heard = surface.call(listening, {}, ALONE)
        surface.close()
    assert heard.body == {"messages": [{"jsonrpc": "2.0", **UPDATED}]}
    assert heard.linked == {"event_id": ["e0"]}
    said = [json.loads(each.body)["method"] for each in server.asked if each.method == "POST"]
    assert said.count("resources/subscribe") == 1
    assert said.count("logging/setLevel") == 1


def test_streams_of_two_tokens_on_one_session_are_apart() -> None:
    server = Older()
    with answering(server) as url:
        surface = McpStreamsSurface(OlderHttp(url, timeout=5), ALONE)
        listening, _ = surface.discover()
        surface.call(listening, {}, ALONE)
        other = Presented({"Authorization": "Bearer other"}, connection="alice")
        surface.call(listening, {}, other)
        surface.close()
    tokens = {each.headers["authorization"] for each in server.asked if each.method == "GET"}
    assert tokens == {"Bearer t", "Bearer other"}


def test_stream_that_several_users_share_belongs_to_none_of_them() -> None:
    with answering(Older()) as url:
        surface = McpStreamsSurface(OlderHttp(url, timeout=5), NOTHING)
        listening, _ = surface.discover()
        assert surface.call(listening, {}, NOTHING).body == {"messages": []}
        surface.close()


def test_resuming_names_the_event_on_the_callers_session() -> None:
    server = Older()
    with answering(server) as url:
        surface = McpStreamsSurface(OlderHttp(url, timeout=5), ALONE)
        _, resuming = surface.discover()
        answer = surface.call(resuming, {"event_id": "e7"}, ALONE)
        surface.close()
    assert answer.outcome is Outcome.OK
    assert answer.body["messages"][0]["result"] == {"content": []}
    (asked,) = (each for each in server.asked if "last-event-id" in each.headers)
    assert (asked.headers["last-event-id"], asked.headers["mcp-session-id"]) == ("e7", "s1")


def test_reply_whose_stream_ended_is_fetched_by_the_last_event() -> None:
    """SEP-1699: a server may end a stream and have the client come back for the reply."""

    class Ending(Older):
        def __call__(self, asked: Asked) -> Said:
            if asked.method == "GET" and "last-event-id" in asked.headers:
                number = json.loads(self.asked[-1].body)["id"]
                content = [{"type": "text", "text": "done"}]
                return events({"jsonrpc": "2.0", "id": number, "result": {"content": content}})
            return super().__call__(asked)

    with answering(Ending()) as url:
        surface = ToolSurface(OlderHttp(url, timeout=5), ALONE)
        answer = surface.call_tool("export", {}, ALONE)
        surface.close()
    assert answer.body == "done"
    assert answer.linked == {"event_id": ["e0"]}


def test_subscription_of_the_newest_revision_names_the_callers_resources() -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: Asked) -> Said:
        message = json.loads(request.body)
        asked.append(message)
        if message["method"] == "subscriptions/listen":
            return events({"jsonrpc": "2.0", **UPDATED}, ids=False)
        if message["method"] == "resources/list":
            return as_json(reply(message, {"resources": [{"uri": "note://1"}]}))
        error = {"code": -32601, "message": "unknown"}
        return as_json({"jsonrpc": "2.0", "id": message["id"], "error": error})

    with answering(answer) as url:
        surface = McpStreamsSurface(CurrentHttp(url, timeout=5), ALONE)
        (listening,) = surface.discover()
        heard = surface.call(listening, {}, ALONE)
        surface.close()
    assert heard.body == {"messages": [{"jsonrpc": "2.0", **UPDATED}]}
    wanted = next(each for each in asked if each["method"] == "subscriptions/listen")
    assert wanted["params"]["notifications"]["resourceSubscriptions"] == ["note://1"]
    assert wanted["params"]["notifications"]["toolsListChanged"] is True


def test_server_without_streams_has_no_operations() -> None:
    def answer(request: Asked) -> Said:
        if request.method != "POST":
            return Said(status=405)
        message = json.loads(request.body)
        return (
            as_json(reply(message, {"protocolVersion": "2025-06-18"}))
            if "id" in message
            else Said(status=202)
        )

    with answering(answer) as url:
        surface = McpStreamsSurface(OlderHttp(url, timeout=5), ALONE)
        assert surface.discover() == []
        surface.close()


def test_server_that_refuses_the_newest_revision_is_offered_an_older_one() -> None:
    offered: list[str] = []

    def answer(request: Asked) -> Said:
        message = json.loads(request.body)
        if message.get("method") != "initialize":
            return as_json(reply(message, {})) if "id" in message else Said(status=202)
        offered.append(message["params"]["protocolVersion"])
        if offered[-1] == "2025-06-18":
            return as_json(reply(message, {"protocolVersion": offered[-1]}))
        error = {"code": -32602, "message": "Unsupported protocol version"}
        return as_json({"jsonrpc": "2.0", "id": message["id"], "error": error}, 400)

    with answering(answer) as url:
        transport = OlderHttp(url, timeout=5)
        assert transport.request("ping", {}, ALONE).body["result"] == {}
        transport.close()
    assert offered == ["2025-11-25", "2025-06-18"]


class Offering(Older):
    """A server that offers subscriptions, and whose stream cannot be had."""

    def __init__(self, capabilities: dict[str, Any]) -> None:
        super().__init__()
        self._capabilities = capabilities

    def __call__(self, asked: Asked) -> Said:
        """Refuse the stream; say what is offered."""
        if asked.method == "GET":
            return Said(status=405)
        if asked.method == "POST" and (message := json.loads(asked.body))["method"] == "initialize":
            found = {"protocolVersion": "2025-11-25", "capabilities": self._capabilities}
            return as_json(reply(message, found), mcp_session_id="s1")
        return super().__call__(asked)


def test_subscriptions_that_are_offered_and_not_heard_are_named() -> None:
    for capabilities, named in (
        ({"resources": {"subscribe": True}}, [SUBSCRIBE]),
        ({"resources": {"subscribe": False, "listChanged": True}, "tools": {}}, []),
    ):
        with answering(Offering(capabilities)) as url:
            transport = OlderHttp(url, timeout=5)
            surface = McpStreamsSurface(transport, ALONE)
            assert surface.discover() == []
            assert [each.where for each in surface.not_understood] == named
            surface.close()
