"""Settings that compose.yaml asks for: every one drawn, with its purpose, and read back."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

from crosstalk.environment.backends.attached import read_settings
from crosstalk.environment.backends.compose_settings import (
    OFFLINE_MODEL_URL,
    new_settings,
    write_settings,
)
from crosstalk.tokens import KeyPair
from tests.repository import ROOT

COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def test_settings_have_everything_that_compose_insists_on() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    assert asked
    assert asked <= {each.name for each in new_settings()}


def test_every_secret_is_its_own_and_new_each_time() -> None:
    first, second = new_settings(), new_settings()
    secret = [each.value for each in (*first, *second) if not each.name.startswith("OPENAI")]
    assert len(set(secret)) == len(secret)


def test_the_file_is_for_its_owner_and_can_be_read_back(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    chosen = new_settings(others={"FRONTEND_PORT": "3100"})
    write_settings(file, chosen)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = read_settings(file)
    assert found == {each.name: each.value for each in chosen}
    KeyPair.from_private_jwk(json.loads(found["BACKEND_SIGNING_KEY"]))


def test_each_line_says_what_it_is_for(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write_settings(file, new_settings())
    lines = file.read_text().splitlines()[2:]
    assert [line[:2] for line in lines[::2]] == ["# "] * len(new_settings())


def test_the_offline_model_is_where_compose_has_it() -> None:
    found = {each.name: each.value for each in new_settings()}
    assert found["OPENAI_BASE_URL"] == OFFLINE_MODEL_URL == "http://model:8002/v1"
    assert re.search(r"^  model:$", COMPOSE, re.MULTILINE)
