"""The frontend is built once for each state of its sources, by the Node that is found."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.parts.frontend import FrontendService, find_node
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


def test_frontend_build_is_reused(root: Path, tmp_path: Path, programs: Path) -> None:
    first = _build(root, tmp_path)
    assert first[0] == str(programs / "node")
    assert Path(first[1]).read_text() == "one"
    assert _build(root, tmp_path) == first
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["ci", "run"]


@pytest.mark.usefixtures("programs")
def test_frontend_is_built_again_for_changed_sources(root: Path, tmp_path: Path) -> None:
    first = _build(root, tmp_path)
    (root / "system" / "frontend" / "page.tsx").write_text("two")
    second = _build(root, tmp_path)
    assert second != first
    assert Path(second[1]).read_text() == "two"
    assert Path(first[1]).read_text() == "one"
    # With the packages of the first build, since the lock is the same.
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["ci", "run", "run"]


def test_failed_frontend_build_says_why_and_is_not_kept(
    root: Path, tmp_path: Path, programs: Path
) -> None:
    _program(programs / "npm", _BROKEN_NPM)
    with pytest.raises(EnvironmentFailed, match=r"npm ci.*ENOTFOUND.*--without-frontend") as caught:
        _build(root, tmp_path)
    assert "\n" not in str(caught.value)
    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["lock"]


def test_node_that_is_too_old_is_named(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    _program(programs / "node", "#!/bin/sh\necho v18.19.1\n")
    with pytest.raises(EnvironmentFailed, match=r"does not run on Node 18\.19: install Node 20\.9"):
        find_node()
