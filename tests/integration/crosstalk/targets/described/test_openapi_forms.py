"""Leaks behind the rarer forms of OpenAPI: styles, headers, cookies, media types, two documents."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crosstalk.core.verdict import InconclusiveKind
from tests.integration.crosstalk.targets.described.describing import campaign, toml

SERVER = Path(__file__).with_name("archive_server.py")


def archive(folder: Path, *leaks: str) -> Path:
    """Describe the archive with some of its leaks."""
    command = [sys.executable, str(SERVER), "{port}", ",".join(leaks)]
    file = folder / "crosstalk.toml"
    file.write_text(
        f'[start]\ncommand = {toml(command)}\n[rest]\nopenapi = "http://127.0.0.1:{{port}}'
        '/openapi.json"\n[identity]\nby = ["bearer"]\ntoken = "t-{user}"\n'
    )
    return file


def test_every_operation_of_a_sound_archive_is_served_and_nothing_is_found(tmp_path: Path) -> None:
    result = campaign(archive(tmp_path), calls=300, seed=1)
    assert result.findings == []
    kinds = (InconclusiveKind.NOT_SERVED, InconclusiveKind.NOT_TRIED)
    assert [each.where for each in result.inconclusive if each.kind in kinds] == []


@pytest.mark.parametrize(
    ("leak", "operation"),
    [
        ("filter", "rest:GET /letters"),
        ("zip", "rest:GET /letters.zip"),
        pytest.param("labels", "rest:GET /letters", marks=pytest.mark.long),
        pytest.param("pdf", "rest:GET /letters.pdf", marks=pytest.mark.long),
        pytest.param("item", "rest:GET /letters/{letter_id}", marks=pytest.mark.long),
    ],
)
def test_leak_behind_a_rare_form_is_found(tmp_path: Path, leak: str, operation: str) -> None:
    result = campaign(archive(tmp_path, leak), calls=300, seed=1)
    assert operation in {each.operation for each in result.findings}
