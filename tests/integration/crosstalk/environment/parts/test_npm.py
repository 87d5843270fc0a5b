"""A package from npm is installed once, and never half."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.parts.frontend import Node
from crosstalk.environment.parts.npm import install_package, run_node

_NPM = """#!/bin/sh
echo "$@" >> "$CALLS"
mkdir -p "$3/node_modules/@scope/tool" && echo hello > "$3/node_modules/@scope/tool/index.js"
"""
_BROKEN = "#!/bin/sh\nmkdir -p \"$3/node_modules/@scope/tool\"\necho 'npm error E404' >&2\nexit 1\n"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the npm below notes its calls; the cache is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def node(tmp_path: Path, npm: str = _NPM) -> Node:
    """A Node that prints the file it is to run, and an npm."""
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    for name, text in (("node", '#!/bin/sh\ncat "$1"\n'), ("npm", npm)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return Node(programs / "node", (str(programs / "npm"),))


def test_npm_package_is_installed_once_and_runs(tmp_path: Path, calls: Path) -> None:
    there = node(tmp_path)
    for _ in range(2):
        package = install_package("@scope/tool", "1.2.3", there)
        said = run_node(there, [str(package / "index.js")], seconds=10)
        assert said.stdout == "hello\n"
    (call,) = calls.read_text().splitlines()
    assert call.endswith("@scope/tool@1.2.3")
    # What a package would run while it is installed is not run.
    assert "--ignore-scripts" in call


def test_npm_package_of_another_version_is_installed_apart(tmp_path: Path, calls: Path) -> None:
    there = node(tmp_path)
    first, second = (install_package("@scope/tool", each, there) for each in ("1.0.0", "2.0.0"))
    assert first != second
    assert len(calls.read_text().splitlines()) == 2


def test_failed_npm_installation_quotes_npm_and_leaves_nothing(tmp_path: Path, calls: Path) -> None:
    with pytest.raises(EnvironmentFailed, match=r"did not install @scope/tool@1\.0\.0.*E404"):
        install_package("@scope/tool", "1.0.0", node(tmp_path, _BROKEN))
    assert list((tmp_path / "cache" / "crosstalk" / "npm").iterdir()) == []
    assert install_package("@scope/tool", "1.0.0", node(tmp_path)).is_dir()


def test_node_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    there = node(tmp_path)
    (tmp_path / "bin" / "node").write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(EnvironmentFailed, match="timed out"):
        run_node(there, ["script.js"], seconds=0.2)
