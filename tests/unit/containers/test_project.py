"""A compose project of its own: what it is told, and what it is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crosstalk.environment.backends.compose_settings import new_settings, write_settings
from crosstalk.environment.backends.project import PORTS, ComposeProject, isolated_settings
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.ports import Ports
from tests.repository import ROOT

COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def test_compose_reads_every_setting_that_a_project_is_given() -> None:
    with Ports() as ports:
        given = isolated_settings(ROOT, ports)
    assert set(given) <= set(re.findall(r"\$\{(\w+)", COMPOSE))


def test_compose_projects_share_no_port_and_clones_no_image(tmp_path: Path) -> None:
    with Ports() as ports:
        one = isolated_settings(ROOT, ports)
        other = isolated_settings(tmp_path, ports)
    taken = [each[name] for each in (one, other) for name in PORTS]
    assert len(set(taken)) == len(taken)
    assert one["CROSSTALK_TAG"] != other["CROSSTALK_TAG"]


def test_compose_project_ignores_the_callers_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    write_settings(file, new_settings())
    monkeypatch.setenv("OPENAI_API_KEY", "the caller's")
    monkeypatch.setenv("COMPOSE_PROFILES", "the caller's")
    monkeypatch.setenv("DOCKER_HOST", "the caller's")
    told = ComposeProject(ROOT, file, ["offline"], tmp_path)._environment()
    assert not {"OPENAI_API_KEY", "COMPOSE_PROFILES"} & told.keys()
    assert told["DOCKER_HOST"] == "the caller's"


def test_folder_without_a_compose_file_is_reported(tmp_path: Path) -> None:
    with (
        pytest.raises(EnvironmentFailed, match=r"no compose\.yaml"),
        ComposeProject(tmp_path, tmp_path / ".env", [], tmp_path),
    ):
        pass
