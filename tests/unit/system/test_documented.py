"""The list of settings in the documentation is the list of settings that there are."""

from __future__ import annotations

import re

import pytest
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from system.backend.settings import BackendSettings
from system.mcp.settings import McpSettings
from system.store import StoreSettings
from tests.repository import ROOT

_KINDS = (BackendSettings, McpSettings, StoreSettings)
_DOCUMENT = ROOT / "docs" / "configuration.md"


def variables(kind: type[BaseSettings]) -> list[set[str]]:
    """For each setting, the variables that it is read from: one of them is enough."""
    found = []
    for name, field in kind.model_fields.items():
        alias = field.validation_alias
        names = alias.choices if isinstance(alias, AliasChoices) else [alias or name]
        found.append({str(each).upper() for each in names})
    return found


def documented() -> set[str]:
    """Variables that the tables of the services name."""
    text = _DOCUMENT.read_text()
    services = text[text.index("## Both services") : text.index("## Database")]
    rows = [line.split("|")[1] for line in services.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z_0-9]+)`", row)}


@pytest.mark.parametrize("kind", _KINDS)
def test_every_setting_is_documented(kind: type[BaseSettings]) -> None:
    assert [each for each in variables(kind) if not each & documented()] == []


def test_every_documented_setting_exists() -> None:
    there = {name for kind in _KINDS for names in variables(kind) for name in names}
    assert documented() - there == set()
