"""Settings: what is missing or unsafe is named at start, and never shown."""

from __future__ import annotations

import json
import secrets

import pytest

from crosstalk.tokens import KeyPair
from system.backend.settings import BackendSettings
from system.mcp.settings import McpSettings
from system.wire.serve import read_settings

_ISSUER = {
    "issuer": "https://app.acme.test",
    "jwks_url": "https://app.acme.test/api/auth/jwks",
    "audience": "crosstalk-backend",
}
_SIGNING_KEY = json.dumps(KeyPair.generate("EdDSA").private_jwk())
PRODUCTION = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": f"postgresql://crosstalk_backend:{secrets.token_urlsafe(18)}@db/crosstalk",
    "CURSOR_SECRET": secrets.token_urlsafe(32),
    "TRUSTED_ISSUERS": json.dumps([_ISSUER]),
    "BACKEND_URL": "https://api.acme.test",
    "BACKEND_SIGNING_KEY": _SIGNING_KEY,
    "MCP_URL": "https://mcp.acme.test/mcp",
    "OPENAI_API_KEY": "sk-something",
    "CORS_ORIGINS": '["https://app.acme.test"]',
}


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with which both services start."""
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)


def refusal(kind: type[BackendSettings | McpSettings]) -> str:
    """The line with which a service ends."""
    with pytest.raises(SystemExit) as ended:
        read_settings(kind)
    assert isinstance(ended.value.code, str)
    assert "\n" not in ended.value.code
    return ended.value.code


def issuer(**changes: str) -> str:
    """One trusted issuer as JSON."""
    return json.dumps([{**_ISSUER, **changes}])


def test_production_settings_accept_a_complete_environment() -> None:
    assert read_settings(BackendSettings).environment == "production"
    assert read_settings(McpSettings).environment == "production"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BACKEND_URL", "http://localhost:8000", "BACKEND_URL points at this machine (localhost)"),
        ("BACKEND_URL", "https://api.localhost", "BACKEND_URL points at this machine"),
        ("BACKEND_URL", "http://api.acme.test", "BACKEND_URL is not https"),
        ("BACKEND_URL", "", "BACKEND_URL points at this machine"),
        ("MCP_URL", "https://127.0.0.1/mcp", "MCP_URL points at this machine (127.0.0.1)"),
        ("MCP_URL", "https://[::1]/mcp", "MCP_URL points at this machine"),
        ("MCP_URL", "https://0.0.0.0/mcp", "MCP_URL points at this machine"),
        ("MCP_URL", "http://mcp:8001/mcp", "list mcp in PRIVATE_HTTP_HOSTS"),
        ("TRUSTED_ISSUERS", issuer(issuer="http://app.acme.test"), "issuer of http://app.acme.tes"),
        ("TRUSTED_ISSUERS", issuer(jwks_url="http://app/jwks"), "jwks_url of https://app.acme.tes"),
        ("TRUSTED_ISSUERS", issuer(jwks_url="https://localhost/x"), "points at this machine"),
        ("TRUSTED_ISSUERS", "[]", "TRUSTED_ISSUERS: "),
        ("TRUSTED_ISSUERS", "nonsense", "TRUSTED_ISSUERS: must be JSON"),
        ("TRUSTED_ISSUERS", "", "TRUSTED_ISSUERS: must be set"),
        ("CORS_ORIGINS", '["http://localhost:3000"]', "CORS_ORIGINS: http://localhost:3000 points"),
        ("CURSOR_SECRET", "short", "CURSOR_SECRET: "),
        ("CURSOR_SECRET", "", "CURSOR_SECRET: must be set"),
        (
            "CURSOR_SECRET",
            "change-me-change-me-change-me-change-me",
            "CURSOR_SECRET is a placehold",
        ),
        ("CURSOR_SECRET", "abababababababababababababababababab", "CURSOR_SECRET can be guessed"),
        ("BACKEND_SIGNING_KEY", "", "BACKEND_SIGNING_KEY must be set in production"),
        ("BACKEND_SIGNING_KEY", "{}", "BACKEND_SIGNING_KEY: "),
        ("OPENAI_API_KEY", "", "OPENAI_API_KEY must be set in production"),
        ("OPENAI_BASE_URL", "http://models.acme.test/v1", "OPENAI_BASE_URL is not https"),
        ("DATABASE_URL", "postgresql://postgres:postgres@db/x", "DATABASE_URL has a default passw"),
        ("DATABASE_URL", "postgresql://app:app@db/x", "DATABASE_URL has a default password"),
        ("DATABASE_URL", "postgresql://app:hunter2@db/x", "fewer than 12 characters"),
        ("DATABASE_URL", "", "DATABASE_URL: must be set"),
    ],
)
def test_backend_settings_name_what_to_set_in_production(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    assert said in refusal(BackendSettings)


def test_mcp_settings_name_what_to_set_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_URL", "http://localhost:8001/mcp")
    monkeypatch.setenv("TRUSTED_ISSUERS", issuer(jwks_url="http://backend/jwks"))
    said = refusal(McpSettings)
    assert "MCP_URL points at this machine" in said
    assert "list backend in PRIVATE_HTTP_HOSTS" in said


def test_production_settings_report_all_problems_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BACKEND_SIGNING_KEY", "OPENAI_API_KEY", "BACKEND_URL"):
        monkeypatch.delenv(name)
    said = refusal(BackendSettings)
    for name in ("BACKEND_SIGNING_KEY", "OPENAI_API_KEY", "BACKEND_URL"):
        assert name in said


def test_private_http_hosts_are_allowed_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MCP_URL", "http://mcp:8001/mcp")
    monkeypatch.setenv("PRIVATE_HTTP_HOSTS", '["MCP"]')
    assert read_settings(BackendSettings).mcp_url == "http://mcp:8001/mcp"
    monkeypatch.setenv("MCP_URL", "http://localhost:8001/mcp")
    monkeypatch.setenv("PRIVATE_HTTP_HOSTS", '["localhost"]')
    assert "MCP_URL points at this machine" in refusal(BackendSettings)


def test_a_model_beside_the_service_is_allowed_when_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:11434/v1")
    assert "OPENAI_BASE_URL" in refusal(BackendSettings)
    monkeypatch.setenv("PRIVATE_HTTP_HOSTS", '["localhost"]')
    assert read_settings(BackendSettings).openai_base_url == "http://localhost:11434/v1"


def test_development_settings_are_not_checked_for_production(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("BACKEND_URL", "MCP_URL", "BACKEND_SIGNING_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("TRUSTED_ISSUERS", issuer(issuer="http://localhost:3000"))
    assert read_settings(BackendSettings).backend_url == "http://localhost:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CURSOR_SECRET", "s3cr3t-of-27-characters-xyz"),
        ("DATABASE_URL", "mysql://app:s3cr3t-password@db/x"),
        ("DATABASE_URL", "postgresql://s3cr3t:s3cr3t@db/x"),
        ("BACKEND_SIGNING_KEY", '{"d": "s3cr3t"}'),
        ("BACKEND_PORT", "s3cr3t"),
    ],
)
def test_settings_errors_never_show_values(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    said = refusal(BackendSettings)
    assert name in said
    assert "s3cr3t" not in said


def test_mcp_server_that_calls_the_backend_needs_its_address_and_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MCP_DATA_ACCESS", "api")
    monkeypatch.delenv("BACKEND_URL")
    said = refusal(McpSettings)
    assert "MCP_SIGNING_KEY must be set" in said
    assert "BACKEND_URL points at this machine" in said
