"""`crosstalk init` of a host alone, and with a credential in a header."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crosstalk.cli.verbs.init import init
from crosstalk.core.errors import HarnessError
from tests.unit.crosstalk.targets.described.http_server import Asked, Given, Route, serving_routes

ORDER = {"type": "object", "properties": {"dish": {"type": "string"}}, "required": ["dish"]}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {},
    "security": [{"k": []}],
    "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Pass"}}},
    "paths": {
        "/orders": {
            "get": {"responses": {}},
            "post": {
                "requestBody": {"content": {"application/json": {"schema": ORDER}}},
                "responses": {},
            },
        }
    },
}


def written(routes: dict[str, Route], folder: Path, **settings: Any) -> dict[str, Any]:
    """Return the file that is written of a host with these routes."""
    file = folder / "crosstalk.toml"
    with serving_routes(routes) as server:
        init(server.url, output=file, **settings)
        return tomllib.loads(file.read_text().replace(server.url, "HOST"))


def listing_tools(asked: Asked) -> Given:
    """Answer as an MCP server that wants a token does."""
    if asked.headers.get("authorization") != "Bearer t-1":
        return 401, {"error": "unauthorized"}
    tool = {"name": "add_order", "inputSchema": ORDER}
    return 200, {"jsonrpc": "2.0", "id": asked.body.get("id"), "result": {"tools": [tool]}}


@pytest.mark.parametrize(
    "path", ["/schema/openapi.json", "/v1/openapi.json", "/api/schema/", "/schema/", "/api-docs"]
)
def test_document_of_a_host_is_found_where_frameworks_serve_it(path: str, tmp_path: Path) -> None:
    found = written({f"GET {path}": lambda _: (200, DOCUMENT)}, tmp_path)
    assert found["rest"]["openapi"] == f"HOST{path}"


def test_host_without_anything_is_told_which_addresses_were_tried(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as raised:
        written({}, tmp_path)
    for said in ("/schema/openapi.json", "/graphql", "/mcp", "give the address of its document"):
        assert said in str(raised.value)


def test_host_with_an_older_document_alone_is_told_to_convert_it(tmp_path: Path) -> None:
    old = {"swagger": "2.0", "paths": {}}
    with pytest.raises(HarnessError, match=r"is Swagger 2\.0: convert it"):
        written({"GET /swagger.json": lambda _: (200, old)}, tmp_path)


def test_mcp_server_of_a_host_is_found_and_its_wish_for_a_credential_is_told(
    tmp_path: Path,
) -> None:
    routes: dict[str, Route] = {"POST /mcp": listing_tools}
    with pytest.raises(HarnessError, match=r"/mcp: .*wants a credential: give it with --token"):
        written(routes, tmp_path)
    found = written(routes, tmp_path, token="t-1", probe=False)
    assert found["mcp"]["url"] == "HOST/mcp"


@pytest.mark.parametrize(
    ("header", "by", "settings"),
    [
        ("X-Pass: k-1", ["header"], {"header": "X-Pass", "value": "{token}"}),
        ("Authorization: Key k-1", ["header"], {"value": "Key {token}"}),
        ("Authorization: Bearer k-1", ["bearer"], {}),
    ],
)
def test_rest_credential_given_in_a_header_is_written_as_one(
    header: str, by: list[str], settings: dict[str, str], tmp_path: Path
) -> None:
    found = written({"GET /openapi.json": lambda _: (200, DOCUMENT)}, tmp_path, header=header)
    assert found["identity"]["by"] == by
    assert settings.items() <= found["identity"].items()
    assert found["users"]["carol"] == {"subject": "carol", "token": "$CAROL_TOKEN"}


def offering(asked: Asked) -> Given:
    """Answer as an MCP server with a template, a resource, a prompt and completions does."""
    jar = {"type": "object", "properties": {"slug": {"type": "string"}}, "required": ["slug"]}
    lists: dict[str, dict[str, Any]] = {
        "tools/list": {"tools": [{"name": "get_jar", "inputSchema": jar}]},
        "resources/list": {"resources": [{"uri": "rules://all", "name": "rules"}]},
        "resources/templates/list": {
            "resourceTemplates": [{"uriTemplate": "jar:///{slug}", "name": "jar"}]
        },
        "prompts/list": {
            "prompts": [{"name": "recipe", "arguments": [{"name": "slug", "required": True}]}]
        },
    }
    found = lists.get(str(asked.body.get("method")))
    reply = {"jsonrpc": "2.0", "id": asked.body.get("id")}
    if found is None:
        return 200, {**reply, "error": {"code": -32601, "message": "Method not found"}}
    return 200, {**reply, "result": found}


def test_offers_beside_tools_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = written({"POST /mcp": offering}, tmp_path, probe=False)
    assert found["tools"]["resources/read jar:///{slug}"] == {"arguments": {"slug": "reference"}}
    text = (tmp_path / "crosstalk.toml").read_text()
    for each in ("resources/read rules://all", "prompts/get recipe"):
        assert f"#   {each}\n" in text
    assert "1 resource, 1 resource template, 1 prompt" in " ".join(capsys.readouterr().out.split())


def test_operations_that_are_left_out_are_named_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {**DOCUMENT["paths"], "/logout": {"post": {"responses": {}}}}
    document = {**DOCUMENT, "paths": paths}
    written({"GET /openapi.json": lambda _: (200, document)}, tmp_path, header="X-Pass: any")
    said = capsys.readouterr().out
    assert "1 left out" in said
    assert "left out: POST /logout (it may end the session or the account)" in said
