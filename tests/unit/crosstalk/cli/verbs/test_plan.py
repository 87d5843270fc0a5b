"""`crosstalk plan` and `crosstalk policy` of a described system: what they print and leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosstalk.cli.verbs.plan import plan
from crosstalk.cli.verbs.policy import policy

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {},
    "paths": {
        "/plants": {"get": {"responses": {}}},
        "/plants/{plant_id}": {"delete": {"responses": {}}},
        "/audit": {"get": {"responses": {}}},
    },
}
FILE = """
[rest]
openapi = "http://127.0.0.1:1/openapi.json"
[identity]
by = ["bearer"]
[users.nora]
token = "n"
[users.omar]
token = "o"
[users.petra]
token = "p"
[roles]
auditor = "petra"
[[policy.reserve]]
to = ["auditor", "petra"]
operations = "GET /audit"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a description and its document."""
    (tmp_path / "crosstalk.toml").write_text(FILE)
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def test_plan_names_users_as_the_file_does_and_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(document=[folder / "openapi.json"], calls=60, seed=1)
    printed = capsys.readouterr().out
    assert "nora, omar, petra" in printed
    assert "alice" not in printed
    assert sorted(each.name for each in folder.iterdir()) == ["crosstalk.toml", "openapi.json"]


def test_policy_names_users_as_the_file_does(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy(document=[folder / "openapi.json"])
    printed = capsys.readouterr().out
    assert "petra, roles auditor" in printed
    assert "reserve GET /audit for auditor, petra" in printed
    assert "carol" not in printed
