"""The MCP server's settings: names it answers to, and issuers that clients are sent to."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from system.mcp.settings import McpSettings

ISSUER = {
    "issuer": "https://sign-in.example",
    "jwks_url": "https://sign-in.example/jwks",
    "audience": "https://tasks.example/mcp",
}
PLATFORMS = [
    "RENDER_EXTERNAL_HOSTNAME",
    "RAILWAY_PUBLIC_DOMAIN",
    "KOYEB_PUBLIC_DOMAIN",
    "WEBSITE_HOSTNAME",
    "HEROKU_APP_DEFAULT_DOMAIN_NAME",
]


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a deployment sets at least."""
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("MCP_URL", "https://tasks.example/mcp")
    monkeypatch.setenv("TRUSTED_ISSUERS", json.dumps([ISSUER]))
    for name in PLATFORMS:
        monkeypatch.delenv(name, raising=False)


def test_mcp_server_in_production_answers_to_its_own_host_only() -> None:
    settings = McpSettings()
    assert settings.hosts == ["tasks.example"]
    assert settings.origins == ["https://tasks.example"]


def test_host_may_leave_out_the_port_that_the_scheme_implies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MCP_URL", "https://tasks.example:443/mcp")
    assert McpSettings().hosts == ["tasks.example:443", "tasks.example"]


@pytest.mark.parametrize("variable", PLATFORMS)
def test_platforms_host_name_is_accepted(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "tasks-7f3a.platform.example")
    settings = McpSettings()
    assert settings.hosts == ["tasks.example", "tasks-7f3a.platform.example"]
    assert "https://tasks-7f3a.platform.example" in settings.origins


def test_platforms_application_name_becomes_a_host_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLY_APP_NAME", "tasks")
    assert "tasks.fly.dev" in McpSettings().hosts


def test_configured_hosts_and_origins_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_ALLOWED_HOSTS", '["mcp.internal:*"]')
    monkeypatch.setenv("MCP_ALLOWED_ORIGINS", '["https://inspector.example"]')
    settings = McpSettings()
    assert "mcp.internal:*" in settings.hosts
    assert "https://inspector.example" in settings.origins


@pytest.mark.parametrize(
    ("variable", "entry"),
    [
        ("MCP_ALLOWED_HOSTS", "*"),
        ("MCP_ALLOWED_HOSTS", "*.example"),
        ("MCP_ALLOWED_HOSTS", "https://tasks.example"),
        ("MCP_ALLOWED_ORIGINS", "*"),
        ("MCP_ALLOWED_ORIGINS", "tasks.example"),
        ("MCP_ALLOWED_ORIGINS", "https://tasks.example/"),
    ],
)
def test_host_entry_that_can_never_match_is_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, variable: str, entry: str
) -> None:
    monkeypatch.setenv(variable, json.dumps([entry]))
    with pytest.raises(ValidationError, match=variable.lower()):
        McpSettings()


def test_metadata_names_every_trusted_issuer_or_the_configured_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = {**ISSUER, "issuer": "https://backend.example", "shares_subjects": True}
    monkeypatch.setenv("TRUSTED_ISSUERS", json.dumps([ISSUER, backend]))
    assert McpSettings().authorization_servers == [ISSUER["issuer"], backend["issuer"]]
    monkeypatch.setenv("MCP_AUTHORIZATION_SERVERS", json.dumps([ISSUER["issuer"]]))
    assert McpSettings().authorization_servers == [ISSUER["issuer"]]
    monkeypatch.setenv("MCP_AUTHORIZATION_SERVERS", '["https://elsewhere.example"]')
    with pytest.raises(ValidationError, match="its tokens would be refused"):
        McpSettings()
