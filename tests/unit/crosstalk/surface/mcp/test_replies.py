"""Whatever form a tool answers in, its ids stand in fields and its errors are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.identifiers import paths_in
from crosstalk.surface.mcp.answers import declared_answer, declared_result, inferred_answer
from crosstalk.surface.mcp.replies import classified, content_of, opened
from crosstalk.surface.transports.base import Reply

ROW = {"id": 17, "title": "a"}


def result(*texts: str, **more: Any) -> dict[str, Any]:
    """A tool's result with text blocks."""
    return {"content": [{"type": "text", "text": text} for text in texts], **more}


@pytest.mark.parametrize(
    "answer",
    [
        result(json.dumps(ROW)),
        result(json.dumps([ROW])),
        result(json.dumps(json.dumps(ROW))),
        result(json.dumps({"data": json.dumps([ROW])})),
        result(f"Here you are:\n{json.dumps([ROW])}\nAnything else?"),
        result("Note created with ID: 17"),
        result("✅ Note #17 saved"),
        result("one", json.dumps(ROW)),
        result("x", structuredContent={"result": json.dumps(ROW)}),
    ],
)
def test_tool_result_has_ids_in_fields_in_every_form(answer: dict[str, Any]) -> None:
    found = [(path.split(".")[-1], value) for path, value in paths_in(content_of(answer))]
    assert ("id", "17") in found


def test_tool_result_with_repeated_rows_is_read_once() -> None:
    rows = [{"id": 1}, {"id": 2}]
    answer = result(*map(json.dumps, rows), structuredContent={"result": rows})
    assert content_of(answer) == {"result": rows}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Saved as blue-1a2b3c.", [{"id": "blue-1a2b3c"}]),
        ("Tree t-70e3f1ceaede: My family", [{"tree_id": "t-70e3f1ceaede"}]),
        ("| k7w2m9q4x1 | a hike |", [{"id": "k7w2m9q4x1"}]),
    ],
)
def test_prose_names_objects_by_codes(text: str, ids: list[dict[str, str]]) -> None:
    assert opened(text) == {"text": text, "ids": ids}


@pytest.mark.parametrize(
    "text", ["note xtalicez48da9c30", "from 2030-01-01 on", "me@a1b2c3d4.example", "UTF-8 of 2026"]
)
def test_prose_without_a_code_stays_as_it_is(text: str) -> None:
    assert opened(text) == text


@pytest.mark.parametrize(
    "text", ["Say who you are first.", "Send Authorization: Basic …", "A bearer is wanted here"]
)
def test_error_that_asks_for_a_credential_is_a_refusal(text: str) -> None:
    assert classified(text, flagged=True)[0] is Outcome.REFUSED


def test_text_without_structure_stays_text() -> None:
    assert opened("nothing to see") == "nothing to see"
    assert opened("42") == "42"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Error: note not found", Outcome.ERROR),
        ('{"error": "no such note"}', Outcome.ERROR),
        ('{"success": false, "message": "no"}', Outcome.ERROR),
        ('{"jsonrpc": "2.0", "error": {"code": -32000, "message": "note not found"}}', "error"),
        ("Error: invalid token", Outcome.REFUSED),
        ('{"error": "Unauthorized"}', Outcome.REFUSED),
        ("1 validation error for call[get]", Outcome.REFUSED),
        ("Error: rate limit exceeded", Outcome.LIMITED),
        ('{"status": 429, "message": "Too many requests"}', Outcome.LIMITED),
        ('{"status": "done", "title": "error handling"}', Outcome.OK),
        ('[{"error": null, "id": 3}]', Outcome.OK),
        ("Your note about errors was saved", Outcome.OK),
    ],
)
def test_tool_error_is_recognized_without_a_flag(text: str, outcome: str) -> None:
    assert classified(opened(text), flagged=False)[0] == outcome


def test_tool_result_with_the_error_flag_is_an_error_whatever_its_text() -> None:
    kind, _, message = classified("it went wrong", flagged=True)
    assert (kind, message) == (Outcome.ERROR, "it went wrong")


@pytest.mark.parametrize("read", [declared_answer, inferred_answer, declared_result])
def test_meta_of_a_result_came_with_the_answer(read: Callable[[Reply], Answer]) -> None:
    said = {"io.modelcontextprotocol/serverInfo": {}, "example/recent": ["of alice"]}
    block = {"type": "text", "text": "{}", "_meta": {"example/by": "bob"}}
    body = {"jsonrpc": "2.0", "id": 1, "result": {"content": [block], "_meta": said}}
    answer = read(Reply(200, body, {}))
    assert answer.unsolicited == (
        {"_meta": {"example/recent": ["of alice"]}},
        {"_meta": {"example/by": "bob"}},
    )
    assert "_meta" not in json.dumps(answer.body)
