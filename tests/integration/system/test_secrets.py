"""Markers planted in every secret: no log, refusal to start, answer or report shows one."""

from __future__ import annotations

import json
import secrets as drawing
from pathlib import Path

import httpx2
import pytest

from crosstalk.cli.verbs.isolation import isolation
from crosstalk.environment import RunningSystem, secrets_in_logs, secrets_of
from crosstalk.environment.runtime.masking import shown_secrets
from tests.integration.system.service import start

_MARKER = "planted-marker-in-a-secret"
_KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "k", "d": _MARKER}


@pytest.mark.parametrize(
    ("service", "name", "wrong"),
    [
        ("backend", "DATABASE_URL", f"mysql://role:{_MARKER}@127.0.0.1/db"),
        ("backend", "DATABASE_URL", f"postgresql://role:{_MARKER}@127.0.0.1:port/db"),
        ("backend", "CURSOR_SECRET", _MARKER),
        ("backend", "BACKEND_SIGNING_KEY", _MARKER),
        ("backend", "BACKEND_SIGNING_KEY", json.dumps(_KEY)),
        ("backend", "BACKEND_SIGNING_KEY", json.dumps({**_KEY, "kid": None})),
        ("backend", "BACKEND_PUBLISHED_KEYS", json.dumps([_KEY])),
        ("backend", "TRUSTED_ISSUERS", f'[{{"issuer": "{_MARKER}'),
        ("mcp", "DATABASE_URL", f"mysql://role:{_MARKER}@127.0.0.1/db"),
        ("mcp", "CURSOR_SECRET", _MARKER),
        ("mcp", "MCP_SIGNING_KEY", json.dumps(_KEY)),
        ("mcp", "MCP_PUBLISHED_KEYS", json.dumps([_KEY])),
    ],
)
def test_service_refuses_a_wrong_secret_without_showing_it(
    running: RunningSystem, tmp_path: Path, service: str, name: str, wrong: str
) -> None:
    environment = {**running.services[service].environment, "METRICS_PORT": "", name: wrong}
    log = tmp_path / "refused.log"
    with start([f"system.{service}"], environment, log) as refused:
        assert refused.process.wait(60) == 1
    said = log.read_text()
    assert name in said
    assert _MARKER not in said


def test_logs_and_answers_show_no_secret_and_no_token(running: RunningSystem, alice: str) -> None:
    secrets, token = secrets_of(running), running.mint(alice)
    assert {each.partition(":")[0] for each in secrets} >= {"backend", "mcp"}
    bad = [f"{token}x", "x.y.z", running.mint(alice, ttl=-60), running.mint(alice, iss=token)]
    answers = []
    for url in (f"{running.backend_url}/api/{alice}/tasks", running.mcp_url):
        for each in (token, *bad):
            headers = {"Authorization": f"Bearer {each}", "Idempotency-Key": "x" * 9_999}
            answers.append(httpx2.post(url, json={"title": 7}, headers=headers))
            answers.append(httpx2.post(url, params={"access_token": each}, content=b"{"))
    for answer in answers:
        said = f"{answer.status_code} {dict(answer.headers)} {answer.text}"
        assert shown_secrets(said, secrets) == [], said
    assert list(secrets_in_logs(running)) == []


def test_reports_of_a_campaign_show_no_secret_and_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw = drawing.token_urlsafe
    monkeypatch.setattr(drawing, "token_urlsafe", lambda size: f"{_MARKER}-{draw(size)}")
    assert isolation(mutant="list-without-filter", calls=400, seed=7, stop_at_first=True) == 1
    files = [each for each in (tmp_path / ".crosstalk").rglob("*") if each.is_file()]
    assert {".html", ".json", ".log"} <= {each.suffix for each in files}
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        # What the issuer's process reads is for this user alone, and no report.
        if file.name != "issuer-keys.json":
            assert shown_secrets(text, {"a planted secret": _MARKER}) == [], file
