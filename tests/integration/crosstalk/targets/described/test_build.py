"""A campaign's target of a description: one list of operations, one reading of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crosstalk.campaign.events import Event
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.errors import HarnessError
from crosstalk.core.principals import ALICE
from crosstalk.targets.described import TargetConfig, opened_target
from crosstalk.targets.described.login.base import CredentialError
from tests.integration.crosstalk.targets.described.rpc_server import serving_tools, tool
from tests.unit.crosstalk.targets.described.http_server import (
    Asked,
    Given,
    Route,
    serving_routes,
)

_TOOLS = [tool("add_note", "user_id", "text"), tool("list_notes", "user_id")]


def _answer(name: str, arguments: Mapping[str, Any]) -> str:
    return "[]"


def _quiet(event: Event) -> None:
    """Listen to nothing."""


def _file(folder: Path, url: str, extra: str = "") -> Path:
    file = folder / "crosstalk.toml"
    file.write_text(
        f'[mcp]\ntransport = "json-rpc"\nurl = "{url}"\n'
        f'[identity]\nby = ["argument"]\narguments = ["user_id"]\n{extra}'
    )
    return file


def test_described_target_lists_its_tools_once(tmp_path: Path) -> None:
    with (
        serving_tools(_TOOLS, _answer) as server,
        opened_target(_file(tmp_path, server.url)) as target,
    ):
        campaign = Campaign(target, CampaignOptions(calls=1), _quiet)
        # Once for the tools, once to see whether the listing itself is answered.
        assert server.asked["tools/list"] == 2
        assert {"mcp:add_note", "mcp:list_notes"} <= set(target.operations)
        assert campaign.reproduces is not None
        # Decided by that same list.
        assert target.not_applicable["existence"] == "no operation takes the id of an object"


def test_target_file_is_validated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validated = []
    validate = TargetConfig.model_validate

    def counted(value: Any) -> TargetConfig:
        validated.append(value)
        return validate(value)

    monkeypatch.setattr(TargetConfig, "model_validate", counted)
    extra = '[tools.add_note]\nvalues = {text = ["in {scratch}"]}\n'
    with (
        serving_tools(_TOOLS, _answer) as server,
        opened_target(_file(tmp_path, server.url, extra)),
    ):
        assert len(validated) == 1
        (text,) = validated[0]["tools"]["add_note"]["values"]["text"]
        assert "{scratch}" not in text


def test_port_without_a_start_command_is_a_mistake_of_the_file(tmp_path: Path) -> None:
    file = _file(tmp_path, "http://127.0.0.1:{port}/")
    with pytest.raises(HarnessError, match=r"mcp.url has \{port\}.*\[start\]"), opened_target(file):
        pass


def _api(routes: Mapping[str, Route]) -> dict[str, Route]:
    """A REST API with two listings, described by its OpenAPI document."""
    paths: dict[str, Any] = {
        "/notes": {"get": {"responses": {}}},
        "/files": {"get": {"responses": {}}},
    }
    document = {"openapi": "3.1.0", "info": {}, "paths": paths}
    return {"GET /openapi.json": lambda _: (200, document), **routes}


def _notes(asked: Asked) -> Given:
    user = asked.headers.get("authorization", "").removeprefix("Bearer t-")
    return (200, [{"owner": user}]) if user else (401, {"detail": "who are you?"})


def _expired(asked: Asked) -> Given:
    return 401, {"detail": "token expired"}


def _log_in(asked: Asked) -> Given:
    return 200, {"token": f"t-{asked.body['name']}"}


LOGIN = """
[rest.identity]
by = ["login"]
[rest.identity.login]
request = "POST /login"
json = {name = "{user}"}
token = "$.token"
"""


def test_described_target_has_an_identity_for_each_surface(tmp_path: Path) -> None:
    routes = _api({"GET /notes": _notes, "GET /files": _notes, "POST /login": _log_in})
    with serving_tools(_TOOLS, _answer) as tools, serving_routes(routes) as api:
        rest = f'[rest]\nopenapi = "{api.url}/openapi.json"\n{LOGIN}'
        with opened_target(_file(tmp_path, tools.url, rest)) as target:
            assert target.subjects is not None
            alice = target.subjects("0a")["alice"]
            by_argument = target.credentials.present(ALICE, alice, "mcp")
            by_token = target.credentials.present(ALICE, alice, "rest")
            assert (by_argument.headers, by_token.headers) == (
                {},
                {"Authorization": f"Bearer t-{alice}"},
            )
            unproven = {name for name, each in target.operations.items() if each.unproven}
            assert unproven == {"mcp:add_note", "mcp:list_notes", "mcp:tools/list"}
            assert target.unproven_identity == "the argument user_id"
            assert target.principals.strangers


def test_described_target_says_that_a_token_is_refused(tmp_path: Path) -> None:
    with serving_routes(_api({"GET /notes": _expired, "GET /files": _expired})) as api:
        file = tmp_path / "crosstalk.toml"
        file.write_text(
            f'[rest]\nopenapi = "{api.url}/openapi.json"\n[identity]\nby = ["bearer"]\n'
            '[users.ann]\ntoken = "old"\n[users.ben]\ntoken = "old"\n'
        )
        with (
            pytest.raises(
                CredentialError,
                match=r"credential of ann was refused: .* answered 401 token expired; .*"
                r"users\.ann\.token",
            ),
            opened_target(file),
        ):
            pass


def test_described_target_takes_one_served_reading_for_an_accepted_token(tmp_path: Path) -> None:
    routes = _api({"GET /notes": lambda _: (401, {"detail": "not yours"}), "GET /files": _notes})
    with serving_routes(routes) as api:
        file = tmp_path / "crosstalk.toml"
        file.write_text(
            f'[rest]\nopenapi = "{api.url}/openapi.json"\n'
            '[identity]\nby = ["bearer"]\ntoken = "t-{user}"\n'
        )
        with opened_target(file) as target:
            assert "invented" in target.forgeries
