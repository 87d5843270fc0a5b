"""Callers of a REST API who prove nothing: what `init` says of them, and when it does not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crosstalk.cli.verbs.init import init
from crosstalk.surface.rest import RestSurface
from crosstalk.targets.described.config import RestConfig
from crosstalk.targets.described.corrected_rest import DescribedRest
from crosstalk.targets.described.init.rest import survey_rest
from crosstalk.targets.described.init.rest_writing import written_rest
from tests.unit.crosstalk.targets.described.http_server import Asked, Given, serving_routes

WHO = {"name": "X-Acting-User", "in": "header", "required": True, "schema": {"type": "string"}}
OWNER = {"name": "user_id", "in": "query", "required": True, "schema": {"type": "string"}}
NOTE = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def document(*parameters: dict[str, Any], paths: dict[str, Any] | None = None) -> dict[str, Any]:
    """A document without a security scheme."""
    body = {"content": {"application/json": {"schema": NOTE}}}
    given = {"parameters": list(parameters), "responses": {}}
    notes = {"get": given, "post": {**given, "requestBody": body}}
    return {"openapi": "3.1.0", "info": {}, "paths": {"/notes": notes, **(paths or {})}}


def described(told: dict[str, Any], answer: Given) -> dict[str, Any]:
    """What `init` writes for a server that answers a reading of its notes so."""
    routes = {"GET /openapi.json": lambda _: (200, told), "GET /notes": lambda _: answer}
    with serving_routes(routes) as server:
        found = survey_rest(server.url, probing=True)
        assert found is not None
        return tomllib.loads(written_rest(found))


@pytest.mark.parametrize(
    ("parameters", "identity"),
    [
        ([WHO], {"by": ["header"], "header": "X-Acting-User"}),
        ([OWNER], {"by": ["argument"], "arguments": ["user_id"]}),
        ([], {"by": ["none"]}),
    ],
    ids=["header", "argument", "nothing"],
)
def test_reading_that_is_served_without_a_credential_shows_what_says_who_calls(
    parameters: list[dict[str, Any]], identity: dict[str, Any]
) -> None:
    assert described(document(*parameters), (200, []))["identity"] == identity


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_reading_that_is_not_served_leaves_the_guess_at_tokens(status: int) -> None:
    assert described(document(WHO), (status, {}))["identity"]["by"] == ["bearer"]


def test_one_refused_reading_outweighs_those_for_every_user() -> None:
    told = document(paths={"/products": {"get": {"responses": {}}}})
    routes = {
        "GET /openapi.json": lambda _: (200, told),
        "GET /products": lambda _: (200, []),
        "GET /notes": lambda _: (401, {}),
    }
    with serving_routes(routes) as server:
        found = survey_rest(server.url, probing=True)
    assert found is not None
    assert found.unproven is None


def test_declared_scheme_is_believed() -> None:
    told = document()
    told["security"] = [{"b": []}]
    told["components"] = {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}}
    assert described(told, (200, []))["identity"]["by"] == ["bearer"]


def test_init_says_so_at_once_but_not_to_who_presents_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def notes(asked: Asked) -> Given:
        return 200, []

    routes = {"GET /openapi.json": lambda _: (200, document(WHO)), "GET /notes": notes}
    with serving_routes(routes) as server:
        init(url=server.url, output=Path("a.toml"))
        said = " ".join(capsys.readouterr().out.split())
        init(url=server.url, output=Path("b.toml"), token="t")
        assert "can act as any user" not in " ".join(capsys.readouterr().out.split())
    assert "the header X-Acting-User says who calls, and no credential proves it" in said
    assert "unauthenticated-identity" in Path("a.toml").read_text()


def test_header_that_says_who_calls_is_no_argument_of_any_call() -> None:
    with serving_routes({"GET /openapi.json": lambda _: (200, document(WHO))}) as server:
        inner = RestSurface(server.url, document=f"{server.url}/openapi.json")
        for carried, names in ((set(), {"X-Acting-User"}), ({("header", "x-acting-user")}, set())):
            surface = DescribedRest(inner, RestConfig(openapi=server.url), {}, carried=carried)
            shown = {each.name: each for each in surface.discover()}["rest:GET /notes"]
            assert {each.name for each in shown.parameters} == names
        inner.close()
