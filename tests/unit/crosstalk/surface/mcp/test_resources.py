"""Resources, templates, prompts and completions as operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.errors import SettingError
from crosstalk.surface.mcp.answers import inferred_result
from crosstalk.surface.mcp.facts import ToolFacts
from crosstalk.surface.mcp.resources import McpResourcesSurface
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.transports.base import Reply

_UNKNOWN = {"code": -32601, "message": "Method not found"}
_NOTES = {
    "resources/list": {
        "resources": [
            {"uri": "note://index"},
            {"uri": "note://one/7"},
            {"uri": "note://one/0190cdd0-7b1c-7000-8000-000000000001"},
            {"uri": "file:///3"},
        ]
    },
    "resources/templates/list": {
        "resourceTemplates": [
            {"uriTemplate": "note://one/{note_id}{?format}"},
            {"uriTemplate": "book://{title}/{user_id}"},
            {"uriTemplate": "broken://{"},
        ]
    },
    "prompts/list": {"prompts": [{"name": "digest", "arguments": [{"name": "topic"}]}]},
    "completion/complete": {"completion": {"values": []}},
}


class Server:
    """Answers with fixed results; what a caller alone is shown stands under their connection."""

    where = "memory"

    def __init__(self, results: Mapping[str, Any], **own: Mapping[str, Any]) -> None:
        self.results = results
        self.own = own
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """The result of that method for that caller, or that there is no such method."""
        self.asked.append((method, params))
        results = {**self.results, **self.own.get(presented.connection, {})}
        found = {"result": results[method]} if method in results else {"error": _UNKNOWN}
        return Reply(200, {"jsonrpc": "2.0", "id": 1, **found})

    def close(self) -> None:
        """Nothing is open."""


def surface(server: Server, **settings: Any) -> McpResourcesSurface:
    """The surface of a server that need not keep to the protocol."""
    return McpResourcesSurface(server, NOTHING, answer=inferred_result, strict=False, **settings)


def names(operations: list[Operation]) -> list[str]:
    """Their names."""
    return [each.name for each in operations]


def test_fixed_resources_templates_prompts_and_completions_are_operations() -> None:
    found = {each.name: each for each in surface(Server(_NOTES)).discover()}
    assert list(found) == [
        "mcp:resources/list",
        "mcp:resources/read",
        "mcp:resources/read note://index",
        "mcp:resources/read note://one/{note_id}{?format}",
        "mcp:resources/read book://{title}/{user_id}",
        "mcp:prompts/get digest",
        "mcp:completion/complete note://one/{note_id}{?format} note_id",
        "mcp:completion/complete note://one/{note_id}{?format} format",
        "mcp:completion/complete book://{title}/{user_id} title",
        "mcp:completion/complete book://{title}/{user_id} user_id",
        "mcp:completion/complete digest topic",
        "mcp:completion/complete (unlisted prompt) name",
        "mcp:completion/complete (unlisted template) id",
    ]
    assert found["mcp:resources/read note://index"].lists
    roles = {
        each.name: (each.role, each.required)
        for name in list(found)[3:5]
        for each in found[name].parameters
    }
    assert roles == {
        "note_id": (Role.REFERENCE, True),
        "format": (Role.REFERENCE, False),
        "title": (Role.NAME, True),
        "user_id": (Role.IDENTITY, True),
    }
    assert found["mcp:completion/complete digest topic"].unannounced


def test_template_that_cannot_be_filled_is_named() -> None:
    found = surface(Server(_NOTES))
    found.discover()
    assert [each.where for each in found.not_understood] == ["mcp:resources/read broken://{"]


def test_resource_listed_to_one_caller_is_an_operation_for_all() -> None:
    hidden = {"resources/list": {"resources": [{"uri": "admin://report"}]}}
    server = Server(_NOTES, bob=hidden)
    found = surface(server, also=(Presented(connection="bob"),)).discover()
    assert "mcp:resources/read admin://report" in names(found)
    assert "mcp:resources/read note://index" in names(found)
    tools = ToolSurface(
        Server({"tools/list": {"tools": []}}, bob={"tools/list": {"tools": [{"name": "wipe"}]}}),
        NOTHING,
    )
    tools.also = (Presented(connection="bob"),)
    assert names(tools.discover()) == ["mcp:wipe"]


def test_server_without_resources_has_no_operations() -> None:
    assert surface(Server({})).discover() == []


def test_list_in_which_nothing_is_offered_may_be_shown_to_strangers() -> None:
    found = surface(Server({"resources/list": {"resources": []}})).discover()
    assert names(found) == ["mcp:resources/list", "mcp:resources/read"]
    assert all(each.unannounced for each in found)
    # A tool may link to what no list names.
    assert [each.name for each in found if each.descriptive] == ["mcp:resources/list"]
    assert not any(each.descriptive for each in surface(Server(_NOTES)).discover())


def test_list_that_may_stay_empty_beside_templates_is_not_missed() -> None:
    templates = {"resourceTemplates": [{"uriTemplate": "note:///{note_id}", "name": "note"}]}
    server = Server({"resources/list": {"resources": []}, "resources/templates/list": templates})
    found = {each.name: each for each in surface(server).discover()}
    for name in ("mcp:resources/list", "mcp:resources/read"):
        assert found[name].unannounced
        assert not found[name].descriptive
    assert not found["mcp:resources/read note:///{note_id}"].unannounced


def test_variables_in_listed_uris_can_be_given_to_other_calls() -> None:
    server = Server(_NOTES)
    found = surface(server)
    listing, *_ = found.discover()
    answer = found.call(listing, {}, NOTHING)
    assert answer.linked == {"note_id": ["7", "0190cdd0-7b1c-7000-8000-000000000001"]}


def test_fixed_uri_is_sent_as_it_was_listed() -> None:
    server = Server({"resources/list": {"resources": [{"uri": "note://a%20b/index"}]}})
    found = surface(server)
    *_, reading = found.discover()
    found.call(reading, {}, NOTHING)
    assert server.asked[-1] == ("resources/read", {"uri": "note://a%20b/index"})


def test_completion_of_nothing_typed_asks_for_everything() -> None:
    server = Server(_NOTES)
    found = surface(server)
    completions = {each.name: each for each in found.discover()}
    found.call(completions["mcp:completion/complete digest topic"], {}, NOTHING)
    assert server.asked[-1][1]["argument"] == {"name": "topic", "value": ""}


def test_completion_of_what_no_server_lists_is_asked_for() -> None:
    server = Server(_NOTES)
    found = surface(server)
    *_, prompt, template = found.discover()
    for operation in (prompt, template):
        found.call(operation, {"value": "note"}, NOTHING)
        assert operation.unannounced
    assert [asked["ref"]["type"] for _, asked in server.asked[-2:]] == [
        "ref/prompt",
        "ref/resource",
    ]


def test_error_in_the_place_of_contents_is_an_error() -> None:
    contents = [{"uri": "note://index", "text": "Error: not found"}]
    server = Server({**_NOTES, "resources/read": {"contents": contents}})
    found = surface(server)
    reading = next(each for each in found.discover() if each.name.endswith("index"))
    assert found.call(reading, {}, NOTHING).outcome is Outcome.ERROR


def test_facts_say_roles_and_leave_out_what_is_skipped() -> None:
    facts = {
        "prompts/get digest": ToolFacts(skip=True),
        "resources/read book://{title}/{user_id}": ToolFacts(roles={"user_id": Role.REFERENCE}),
    }
    found = {each.name: each for each in surface(Server(_NOTES), facts=facts).discover()}
    assert "mcp:prompts/get digest" not in found
    book = found["mcp:resources/read book://{title}/{user_id}"]
    assert [each.role for each in book.parameters] == [Role.NAME, Role.REFERENCE]


def test_facts_of_what_is_not_offered_are_an_error_with_the_nearest() -> None:
    found = surface(Server(_NOTES), facts={"prompts/get digets": ToolFacts()})
    with pytest.raises(SettingError, match="did you mean 'prompts/get digest'"):
        found.discover()


def test_token_in_an_argument_is_the_callers_own() -> None:
    prompt = {"name": "digest", "arguments": [{"name": "token", "required": True}]}
    server = Server({"prompts/list": {"prompts": [prompt]}, "prompts/get": {"messages": []}})
    found = surface(server, carried=("token",))
    (operation,) = (each for each in found.discover() if "prompts/get" in each.name)
    assert (operation.parameters, operation.lists) == ((), True)
    found.call(operation, {}, Presented(arguments={"token": "t1"}))
    assert server.asked[-1][1] == {"name": "digest", "arguments": {"token": "t1"}}
