"""`crosstalk env` writes what compose.yaml asks for, says what it is for, and keeps it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.cli.verbs.deployment.env import env
from crosstalk.core.errors import HarnessError
from crosstalk.environment.backends.attached import read_settings


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("POSTGRES_PASSWORD=mine\n")
    with pytest.raises(HarnessError, match="not overwritten"):
        env(output=file, real_model=False)
    assert file.read_text() == "POSTGRES_PASSWORD=mine\n"


def test_no_secret_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / ".env"
    assert env(output=file, real_model=False) == 0
    shown = capsys.readouterr().out
    for name, value in read_settings(file).items():
        assert name in shown
        assert name.startswith("OPENAI") or value not in shown


def test_a_real_model_is_left_to_be_filled_in(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    env(output=file, real_model=True)
    found = read_settings(file)
    assert (found["OPENAI_API_KEY"], found["OPENAI_BASE_URL"]) == ("", "")
