"""One version, wherever it is stated."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

import system
from tests.repository import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
DOCKERFILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*/Dockerfile", "*/*/Dockerfile")
    for path in ROOT.glob(pattern)
)


def test_reference_system_states_the_version() -> None:
    assert system.__version__ == VERSION


@pytest.mark.parametrize("name", DOCKERFILES)
def test_image_label_states_the_version(name: str) -> None:
    assert re.findall(r"^ARG VERSION=(.+)$", (ROOT / name).read_text(), re.M) == [VERSION]


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_frontend_states_the_version(name: str) -> None:
    assert json.loads((ROOT / "system/frontend" / name).read_text())["version"] == VERSION


def test_changelog_begins_with_the_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert headings[0] == VERSION
