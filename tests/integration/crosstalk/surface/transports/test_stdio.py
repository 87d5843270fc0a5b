"""What a process writes on its standard output is evidence where it serves one caller alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstalk.core.history import Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.mcp.answers import inferred_answer
from crosstalk.surface.transports import Stdio

SECRET = "xtalicez0000000a"
SERVER = """
import json, sys
out = open(1, "w", encoding="utf-8", newline="", buffering=1)
out.write("\\ufeff")
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    if message["method"] == "initialize":
        result = {"protocolVersion": "2025-06-18"}
    else:
        out.write("printed by the program\\n")
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "SECRET"}}
        out.write(json.dumps(note) + "\\n")
        text = message["params"]["name"] + "SECRET"
        result = {"content": [{"type": "text", "text": text}]}
    reply = {"jsonrpc": "2.0", "id": message["id"], "result": result}
    out.write(json.dumps(reply, ensure_ascii=False) + "\\n")
"""


@pytest.fixture
def transport(tmp_path: Path) -> Iterator[Stdio]:
    """A transport to the program above."""
    file = tmp_path / "server.py"
    file.write_text(SERVER.replace("SECRET", SECRET), encoding="utf-8")
    stdio = Stdio([sys.executable, str(file)], timeout=20)
    yield stdio
    stdio.close()


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\ufeff"])
def test_stdio_loses_nothing_behind_odd_characters(transport: Stdio, separator: str) -> None:
    params = {"name": f"a{separator}", "arguments": {}}
    answer = inferred_answer(transport.request("tools/call", params, Presented(connection="alice")))
    assert answer.outcome is Outcome.OK
    assert answer.body == f"a{separator}{SECRET}"


def test_stdio_gives_what_came_before_the_reply(transport: Stdio) -> None:
    params = {"name": "a", "arguments": {}}
    alone = transport.request("tools/call", params, Presented(connection="alice"))
    printed, notice = alone.unsolicited
    assert printed.strip() == "printed by the program"
    assert notice["params"]["data"] == SECRET


def test_shared_stdio_attributes_a_message_to_no_user(transport: Stdio) -> None:
    params = {"name": "a", "arguments": {}}
    assert transport.request("tools/call", params, Presented()).unsolicited == ()
