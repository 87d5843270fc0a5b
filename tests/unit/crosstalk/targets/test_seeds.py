"""Arguments that a recording had accepted, for the operations of a target."""

from __future__ import annotations

from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.recordings import RecordedRequest, Recording
from crosstalk.surface.rest.request import RequestForm
from crosstalk.targets.seeds import seeds_of

TEXT = {"type": "string"}


def operation(*parameters: Parameter, url: str = "http://127.0.0.1:1/notes") -> Operation:
    """Return a creation of notes, whose arguments stand in its body."""
    paths = {each.name: [("body", each.name)] for each in parameters}
    form = RequestForm("POST", url, paths, {})
    return Operation("rest", "rest:POST /notes", parameters, False, extra={"form": form})


def test_arguments_are_taken_and_credentials_ids_and_users_are_not() -> None:
    adding = operation(
        Parameter("level", {"type": "integer"}, True, Role.VALUE),
        Parameter("text", TEXT, True, Role.TEXT),
        Parameter("remark", TEXT, False, Role.TEXT),
        Parameter("api_token", TEXT, False, Role.TEXT),
        Parameter("owner", TEXT, False, Role.IDENTITY),
        Parameter("parent_id", TEXT, False, Role.REFERENCE),
    )
    body = {
        "level": 3,
        "text": "a",
        "remark": "my key is sk-live-1",
        "api_token": "t",
        "owner": "ann",
        "parent_id": "17",
    }
    recording = Recording(
        (RecordedRequest("POST", "/prefix/notes", body=body),), (), frozenset({"sk-live-1"})
    )
    found = seeds_of(recording, {adding.name: adding})
    assert found == {(adding.name, "level"): [3], (adding.name, "text"): ["a"]}


def test_arguments_of_a_tool_are_taken_at_their_place() -> None:
    tool = Operation(
        "mcp",
        "mcp:add",
        (Parameter("params.kind", TEXT, True, Role.VALUE),),
        False,
        extra={"paths": {"params.kind": ("params", "kind")}},
    )
    recording = Recording((), (("add", {"params": {"kind": "memo"}}), ("other", {"kind": "x"})))
    assert seeds_of(recording, {tool.name: tool}) == {("mcp:add", "params.kind"): ["memo"]}
