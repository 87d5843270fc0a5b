"""`crosstalk env` draws what compose.yaml asks for, says what it is for, and keeps it."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from crosstalk.cli.verbs import env
from crosstalk.core.errors import HarnessError
from crosstalk.environment.backends.attached import read_settings
from crosstalk.tokens import KeyPair
from tests.repository import ROOT

COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def test_it_has_everything_that_compose_insists_on() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    assert asked
    assert asked <= {each.name for each in env.settings()}


def test_every_secret_is_its_own_and_new_each_time() -> None:
    first, second = env.settings(), env.settings()
    secret = [each.value for each in (*first, *second) if not each.name.startswith("OPENAI")]
    assert len(set(secret)) == len(secret)


def test_the_file_is_for_its_owner_and_can_be_read_back(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    chosen = env.settings(others={"FRONTEND_PORT": "3100"})
    env.write(file, chosen)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = read_settings(file)
    assert found == {each.name: each.value for each in chosen}
    KeyPair.from_private_jwk(json.loads(found["BACKEND_SIGNING_KEY"]))


def test_each_line_says_what_it_is_for(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    env.write(file, env.settings())
    lines = file.read_text().splitlines()[2:]
    assert [line[:2] for line in lines[::2]] == ["# "] * len(env.settings())


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("POSTGRES_PASSWORD=mine\n")
    with pytest.raises(HarnessError, match="not overwritten"):
        env.run(output=file, real_model=False)
    assert file.read_text() == "POSTGRES_PASSWORD=mine\n"


def test_no_secret_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / ".env"
    assert env.run(output=file, real_model=False) == 0
    shown = capsys.readouterr().out
    for name, value in read_settings(file).items():
        assert name in shown
        assert name.startswith("OPENAI") or value not in shown


def test_a_real_model_is_left_to_be_filled_in(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    env.run(output=file, real_model=True)
    found = read_settings(file)
    assert (found["OPENAI_API_KEY"], found["OPENAI_BASE_URL"]) == ("", "")


def test_the_offline_model_is_where_compose_has_it() -> None:
    found = {each.name: each.value for each in env.settings()}
    assert found["OPENAI_BASE_URL"] == env.OFFLINE_MODEL_URL == "http://model:8002/v1"
    assert re.search(r"^  model:$", COMPOSE, re.MULTILINE)
