"""Programs that print a value of a reply."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

import pytest

from crosstalk.execution.by_hand.extraction import program

NOTE = {"id": 7, "text": "seven", "author": {"id": 3}}
REPLY = {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": ""}]}}
REPLY["result"]["content"][0]["text"] = json.dumps(NOTE)  # type: ignore[index]


def printed(code: str, reply: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a program with a reply on its standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(reply))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})  # noqa: S102 -- what is tested is that it runs
    return out.getvalue().strip()


@pytest.mark.parametrize(
    ("reply", "path", "value"),
    [
        (NOTE, "id", "7"),
        ({"items": [{"id": 1}, {"id": 7}]}, "items.1.id", "7"),
        ({"id": 7, "owner": {"id": 7}}, "owner.id", "7"),
        (REPLY, "id", "7"),
        (REPLY, "author.id", "3"),
        ({"it's": 'a "quoted" one'}, "it's", 'a "quoted" one'),
    ],
)
def test_program_prints_the_value(
    reply: Any, path: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(reply)
    code = program(text, path, value)
    assert code is not None
    assert printed(code, text, monkeypatch) == value


def test_number_of_a_message_is_never_taken() -> None:
    code = program(json.dumps(REPLY), "id", "7")
    assert code is not None
    assert "content" in code


@pytest.mark.parametrize("reply", ["created note #7", "", '{"id": 8}', "[" * 3_000])
def test_reply_without_the_value_has_no_program(reply: str) -> None:
    assert program(reply, "id", "7") is None
