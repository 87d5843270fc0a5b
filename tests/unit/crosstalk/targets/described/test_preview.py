"""Previews of described systems: from documents nothing is sent."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.targets.described.preview import previewed

IDENTITY = '[identity]\nby = ["bearer"]\ntoken = "tok-{user}"\n'
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "n", "version": "1"},
    "paths": {
        "/notes": {"get": {"responses": {"200": {"description": "ok"}}}},
        "/pay": {"post": {"responses": {"200": {"description": "ok"}}}},
    },
}
TOOLS = {"tools": [{"name": "list_notes", "inputSchema": {"type": "object", "properties": {}}}]}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where anything connects."""

    def connect(*_: object, **__: object) -> None:
        raise AssertionError("something was sent")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "create_connection", connect)


def written(folder: Path, text: str, document: object) -> tuple[Path, Path]:
    """Write a description and a document."""
    file, other = folder / "crosstalk.toml", folder / "document.json"
    file.write_text(text + IDENTITY, encoding="utf-8")
    other.write_text(json.dumps(document), encoding="utf-8")
    return file, other


def test_openapi_document_says_what_there_is_and_nothing_is_sent(tmp_path: Path) -> None:
    rest = '[rest]\nopenapi = "http://127.0.0.1:9/openapi.json"\nskip = {"POST /pay" = "costs"}\n'
    file, document = written(tmp_path, rest, OPENAPI)
    with previewed(file, [document]) as preview:
        assert set(preview.target.operations) == {"rest:GET /notes"}
        assert preview.target.skipped == {"rest:POST /pay": "costs"}
        assert preview.sent == ()


@pytest.mark.parametrize(
    "mcp",
    [
        '[mcp]\nurl = "http://127.0.0.1:9/mcp"\n',
        '[mcp]\ntransport = "streamable-http-older"\nurl = "http://127.0.0.1:9/mcp"\n',
        '[mcp]\ntransport = "json-rpc"\nurl = "http://127.0.0.1:9/"\n',
    ],
)
@pytest.mark.parametrize("document", [TOOLS, {"jsonrpc": "2.0", "id": 1, "result": TOOLS}])
def test_answer_to_tools_list_says_what_there_is(
    tmp_path: Path, mcp: str, document: object
) -> None:
    file, other = written(tmp_path, mcp, document)
    with previewed(file, [other]) as preview:
        assert "mcp:list_notes" in preview.target.operations
        assert preview.sent == ()


@pytest.mark.parametrize(
    ("document", "said"),
    [([], "not an OpenAPI document"), ({"a": 1}, "neither an OpenAPI document"), (TOOLS, "paths")],
)
def test_other_document_is_an_error_in_a_line(tmp_path: Path, document: object, said: str) -> None:
    rest = '[rest]\nopenapi = "http://127.0.0.1:9/openapi.json"\n'
    file, other = written(tmp_path, rest, document)
    with pytest.raises(HarnessError, match=said), previewed(file, [other]):
        raise AssertionError("it was taken")
