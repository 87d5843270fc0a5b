"""The template of each tier: every setting there is, its default, and enough to start with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from system.backend.settings import BackendSettings
from system.identity import SigningKey
from system.mcp.settings import McpSettings
from system.store import StoreSettings
from tests.repository import ROOT

_KINDS: dict[str, tuple[type[BaseSettings], ...]] = {
    "backend": (BackendSettings,),
    "mcp": (McpSettings, StoreSettings),
}
# A platform sets them; nobody fills them in.
_PLATFORM = {"PLATFORM_HOST", "FLY_APP_NAME"}
_LINE = re.compile(r"^(#?)([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)

each_service = pytest.mark.parametrize("service", sorted(_KINDS))


def template(tier: str) -> list[tuple[bool, str, str]]:
    """Whether it is to be filled in, name and value of each line."""
    text = (ROOT / "deploy" / "env" / f"{tier}.env.example").read_text(encoding="utf-8")
    return [(not mark, name, value) for mark, name, value in _LINE.findall(text)]


def fields(service: str) -> dict[str, Any]:
    found = {
        name.upper(): field for kind in _KINDS[service] for name, field in kind.model_fields.items()
    }
    return {name: field for name, field in found.items() if name not in _PLATFORM}


def shown(default: object) -> str:
    """A default as it would be written in a file."""
    if default is None or default is PydanticUndefined:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, (list, dict)):
        return json.dumps(default)
    return f"{default:g}" if isinstance(default, float) else str(default)


@each_service
def test_every_setting_is_there_once_and_no_other(service: str) -> None:
    assert sorted(name for _, name, _ in template(service)) == sorted(fields(service))


@each_service
def test_optional_setting_shows_its_default(service: str) -> None:
    known = fields(service)
    for needed, name, value in template(service):
        if not needed:
            default = known[name].get_default(call_default_factory=True)
            assert (name, value) == (name, shown(default))
    required = {name for name, field in known.items() if field.is_required()}
    assert required <= {name for needed, name, _ in template(service) if needed}


@each_service
def test_a_service_starts_in_production_with_what_is_to_be_filled_in(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "CURSOR_SECRET": "q8Zr2-Lm1xWv7Tn4Bk9cHs5Jd0Gf3Yp6",
        "BACKEND_SIGNING_KEY": json.dumps(SigningKey.generate().private_jwk()),
        "OPENAI_API_KEY": "sk-A1b2C3d4E5f6",
    }
    for needed, name, value in template(service):
        if needed:
            filled = value.replace("PASSWORD@HOST", "kD83nf-32kdTz_1q@db.internal")
            monkeypatch.setenv(name, filled or secrets[name])
    for kind in _KINDS[service]:
        made = kind()
        assert getattr(made, "environment", "production") == "production"


def test_the_frontends_template_is_its_table() -> None:
    readme = (ROOT / "system" / "frontend" / "README.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([A-Z_]+)`.*?\| (.*?) \|", readme, re.MULTILINE)
    assert sorted(name for _, name, _ in template("frontend")) == sorted(n for n, _ in documented)
    required = {name for name, default in documented if default == "required"}
    assert required <= {name for needed, name, _ in template("frontend") if needed}


def test_the_templates_of_migrations_is_what_they_read() -> None:
    read = (ROOT / "system" / "store" / "__main__.py").read_text(encoding="utf-8")
    used = set(re.findall(r'"([A-Z]+_(?:DATABASE_(?:URL|PASSWORD)|NAME))"', read))
    assert {name for _, name, _ in template("migrations")} == used


def test_no_template_holds_a_secret() -> None:
    for path in Path(ROOT / "deploy" / "env").glob("*.env.example"):
        for _, name, value in _LINE.findall(path.read_text(encoding="utf-8")):
            if re.search(r"SECRET|_KEY$|PASSWORD$", name):
                assert value == "", f"{path.name}: {name}"
