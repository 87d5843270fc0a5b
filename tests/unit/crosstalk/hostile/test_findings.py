"""Answers to hostile input: which of them are findings."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crosstalk.hostile.inputs import HostileInput
from crosstalk.hostile.session import findings_in
from crosstalk.hostile.wire import HUNG, Answer

_INPUT = HostileInput("json", "backend", b"", keeps=True)
_CHAT = replace(_INPUT, surface="model output", is_chat=True)


def _refusal(status: int, code: str) -> Answer:
    return Answer(status, body=json.dumps({"status": "error", "error_code": code}).encode())


@pytest.mark.parametrize(
    ("one", "answer", "expected"),
    [
        (_INPUT, _refusal(422, "validation_error"), []),
        (_INPUT, Answer(0), []),
        (_INPUT, HUNG, ["hang"]),
        (_INPUT, _refusal(500, "server_error"), ["server error"]),
        (_INPUT, _refusal(503, "unavailable"), ["server error"]),
        (_CHAT, _refusal(503, "unavailable"), []),
        (_CHAT, _refusal(500, "server_error"), ["server error"]),
        (_INPUT, Answer(405), ["outside the envelope"]),
        (_INPUT, Answer(400, body=b"Invalid HTTP request"), ["outside the envelope"]),
        (_INPUT, Answer(400, body=b'{"jsonrpc": "2.0", "error": {}}'), []),
        (_INPUT, Answer(200, body=b"mk-victims"), ["foreign"]),
        (_INPUT, Answer(200, body=b"at pg://mcp:a password@db"), ["secret in an answer"]),
        (_INPUT, Answer(200, head=b"Server: a password"), ["secret in an answer"]),
        (
            replace(_INPUT, surface="harmless"),
            Answer(404, body=b'{"error_code": "not_found"}'),
            ["harmless request refused"],
        ),
    ],
)
def test_findings(one: HostileInput, answer: Answer, expected: list[str]) -> None:
    assert list(findings_in(one, answer, "mk-victims", [b"a password"])) == expected
