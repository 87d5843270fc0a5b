"""A service in production whose database is away: alive, not ready, and silent about the rest."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2

from crosstalk.environment import RunningSystem
from tests.integration.system.service import service


def test_a_backend_without_its_database_says_which_dependency_is_missing(
    running: RunningSystem, tmp_path: Path
) -> None:
    issuer = {
        "issuer": "https://app.acme.test",
        "jwks_url": "https://app.acme.test/jwks",
        "audience": "crosstalk-backend",
    }
    changes = {
        "ENVIRONMENT": "production",
        "BACKEND_URL": "https://api.acme.test",
        "MCP_URL": "https://mcp.acme.test/mcp",
        "MCP_RESOURCE_URL": "",
        "OPENAI_BASE_URL": "",
        "TRUSTED_ISSUERS": json.dumps([issuer]),
        "DATABASE_URL": "postgresql://crosstalk_backend:p4ssword-of-24-characters@127.0.0.1:9/x",
    }
    with service(running, "backend", tmp_path, changes) as started:
        assert httpx2.get(f"{started.url}/health").json() == {"status": "ok"}
        answer = httpx2.get(f"{started.url}/ready", timeout=20.0)
        assert answer.status_code == 503
        assert answer.json() == {
            "status": "unavailable",
            "checks": {
                "database": "unavailable",
                "mcp": "unavailable",
                "issuers": "unavailable",
            },
        }
        told = started.wait_for_message("configuration")["settings"]
        assert told["DATABASE_URL"].endswith("crosstalk_backend:***@127.0.0.1:9/x")
        assert "p4ssword" not in started.log.read_text()
