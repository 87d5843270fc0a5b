"""The effective configuration in the log: what one looks for, and no secret."""

from __future__ import annotations

import json

from pydantic import SecretStr

from crosstalk.environment import RunningSystem
from system.identity import TrustedIssuer
from system.mcp.settings import McpSettings
from system.observe.configuration import effective
from system.store import StoreSettings


def test_secrets_and_passwords_in_urls_are_masked() -> None:
    database = StoreSettings(
        database_url=SecretStr("postgresql://role:p4ss@db.test/crosstalk?password=p4ss"),
        cursor_secret=SecretStr("s3cret" * 8),
    )
    settings = McpSettings(
        trusted_issuers=[
            TrustedIssuer(
                issuer="https://issuer.test",
                jwks_url="https://who:p4ss@issuer.test/jwks",
                audience="https://mcp.test/mcp",
            )
        ],
        mcp_allowed_hosts=["mcp.test"],
    )
    shown = effective(settings, database)
    assert shown["DATABASE_URL"] == "postgresql+asyncpg://role:***@db.test/crosstalk"
    assert shown["CURSOR_SECRET"] == "***"
    assert shown["TRUSTED_ISSUERS"][0]["jwks_url"] == "https://***@issuer.test/jwks"
    assert shown["MCP_ALLOWED_HOSTS"] == ["mcp.test"]
    assert shown["DATABASE_POOL_SIZE"] == 10
    assert "p4ss" not in json.dumps(shown)
    assert "s3cret" not in json.dumps(shown)


def test_each_service_logs_its_configuration_once_at_start(running: RunningSystem) -> None:
    for service in ("backend", "mcp"):
        text = (running.logs / f"{service}.log").read_text()
        lines = [json.loads(each) for each in text.splitlines() if each.startswith("{")]
        # Other tests may have started it again.
        starts = [each for each in lines if each["message"] == "Application startup complete."]
        *others, told = [each for each in lines if each["message"] == "configuration"]
        assert len(others) + 1 == len(starts)
        assert told["settings"]["MCP_URL"] == running.mcp_url
        assert told["settings"]["DATABASE_URL"].partition("@")[0].endswith(":***")


def test_no_secret_of_a_service_is_in_its_log(running: RunningSystem) -> None:
    for service in ("backend", "mcp"):
        environment = running.services[service].environment
        text = (running.logs / f"{service}.log").read_text()
        password = environment["DATABASE_URL"].split(":")[2].partition("@")[0]
        kept = [password, environment["CURSOR_SECRET"]]
        if "BACKEND_SIGNING_KEY" in environment:
            kept.append(json.loads(environment["BACKEND_SIGNING_KEY"])["d"])
        for secret in kept:
            assert secret
            assert secret not in text
