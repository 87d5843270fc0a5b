"""Replies are read for what a client can do about them: done, again, or refused in the envelope."""

from __future__ import annotations

import json

import pytest

from crosstalk.faults.requests import Reply, Writer, chat_add, read_reply, rest_add, tool_add

_WRITER = Writer("alice", "mk-0123456789ab", "token", "mcp-token")
_REST = rest_add(_WRITER, "http://backend", "a title")
_TOOL = tool_add(_WRITER, "http://mcp", "a title")
_CHAT = chat_add(_WRITER, "http://backend", "a title")


def _envelope(code: str, **details: object) -> dict[str, object]:
    return {"status": "error", "error_code": code, "message": "m", "details": details}


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (201, {}, {"id": "1"}, Reply(True)),
        (503, {}, _envelope("unavailable"), Reply(False, True, True, "unavailable")),
        (409, {"retry-after": "1"}, _envelope("conflict"), Reply(False, True, True, "conflict")),
        (409, {}, _envelope("conflict"), Reply(False, False, True, "conflict")),
        (500, {}, {"detail": "Internal Server Error"}, Reply(False, False, False, "500")),
    ],
)
def test_rest_reply(status: int, headers: dict[str, str], body: object, expected: Reply) -> None:
    assert read_reply(_REST, status, headers, json.dumps(body)) == expected


def test_rest_reply_that_is_not_json_is_outside_the_envelope() -> None:
    assert read_reply(_REST, 502, {}, "<html>") == Reply(False, True, False, "502")
    assert not read_reply(_REST, 200, {}, "").enveloped


def _result(**result: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result})


def test_tool_reply_is_read_by_its_error_code() -> None:
    assert read_reply(_TOOL, 200, {}, _result(isError=False)) == Reply(True)
    away = _result(isError=True, structuredContent=_envelope("unavailable"))
    assert read_reply(_TOOL, 200, {}, away) == Reply(False, True, True, "unavailable")
    under_way = json.dumps(_envelope("conflict", retry_after=1))
    waiting = _result(isError=True, content=[{"type": "text", "text": under_way}])
    assert read_reply(_TOOL, 200, {}, waiting) == Reply(False, True, True, "conflict")
    assert not read_reply(_TOOL, 200, {}, _result(isError=True, content=[])).enveloped


def test_chat_whose_tool_failed_acknowledges_nothing() -> None:
    done = '{"tool_calls": [{"name": "add_task", "outcome": "ok"}]}'
    assert read_reply(_CHAT, 200, {}, done).good
    assert not read_reply(_CHAT, 200, {}, done.replace("ok", "unavailable")).good


def test_each_write_has_a_key_of_its_own() -> None:
    first, second = (rest_add(_WRITER, "http://backend", "t") for _ in range(2))
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]
