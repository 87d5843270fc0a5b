"""A campaign's target of a description: one list of operations, one reading of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crosstalk.campaign.events import Event
from crosstalk.campaign.runner import Campaign, CampaignOptions
from crosstalk.core.errors import HarnessError
from crosstalk.targets.described import TargetConfig, opened_target
from tests.unit.crosstalk.targets.described.rpc_server import serving_tools, tool

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
        assert server.asked["tools/list"] == 1
        assert set(target.operations) == {"mcp:add_note", "mcp:list_notes"}
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
