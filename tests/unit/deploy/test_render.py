"""render.yaml: each tier a service of its own, which starts in production with what it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from system.backend.settings import BackendSettings
from system.identity import SigningKey
from system.mcp.settings import McpSettings
from system.store import StoreSettings
from tests.repository import ROOT
from tests.unit.deploy.test_templates import template

BLUEPRINT = yaml.safe_load((ROOT / "render.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = {
    each["name"].removeprefix("crosstalk-"): each for each in BLUEPRINT["services"]
}


def told(service: str) -> dict[str, str | None]:
    """Variable to value; None where it is filled in by hand or comes from the platform."""
    return {each["key"]: each.get("value") for each in SERVICES[service]["envVars"]}


@pytest.mark.parametrize(
    ("service", "kinds"),
    [("backend", (BackendSettings,)), ("mcp", (McpSettings, StoreSettings))],
)
def test_a_service_starts_in_production(
    service: str, kinds: tuple[type[BaseSettings], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "DATABASE_URL": f"postgresql://crosstalk_{service}:kD83nf-32kdTz_1q@db.internal/crosstalk",
        "CURSOR_SECRET": "q8Zr2-Lm1xWv7Tn4Bk9cHs5Jd0Gf3Yp6",
        "BACKEND_SIGNING_KEY": json.dumps(SigningKey.generate().private_jwk()),
        "OPENAI_API_KEY": "sk-A1b2C3d4E5f6",
    }
    known = {name.upper() for kind in kinds for name in kind.model_fields}
    given = {name: value for name, value in told(service).items() if name != "PORT"}
    assert given.keys() <= known
    for name, value in given.items():
        monkeypatch.setenv(name, value if value is not None else secrets[name])
    for kind in kinds:
        kind()
    port = kinds[0].model_fields[f"{service}_port"].default
    assert told(service)["PORT"] == str(port)


def test_other_tiers_are_told_what_they_read() -> None:
    for service, tier in (("frontend", "frontend"), ("migrations", "migrations")):
        names = {name for _, name, _ in template(tier)}
        assert told(service).keys() - {"PORT"} <= names
        required = {name for needed, name, _ in template(tier) if needed}
        assert required - told(service).keys() <= {"FRONTEND_HOST"}


def test_no_secret_is_written_down() -> None:
    for service in SERVICES:
        for name, value in told(service).items():
            if any(word in name for word in ("PASSWORD", "SECRET", "KEY", "DATABASE_URL")):
                assert value is None, f"{service}: {name}"


def test_tiers_name_each_other_alike() -> None:
    (frontend,) = json.loads(told("backend")["TRUSTED_ISSUERS"] or "")
    (backend,) = json.loads(told("mcp")["TRUSTED_ISSUERS"] or "")
    assert frontend["issuer"] == told("frontend")["BETTER_AUTH_URL"]
    assert backend["issuer"] == told("backend")["BACKEND_URL"] == told("frontend")["BACKEND_URL"]
    assert backend["audience"] == told("backend")["MCP_URL"] == told("mcp")["MCP_URL"]
    for service in SERVICES.values():
        assert (ROOT / service["dockerfilePath"]).is_file()
