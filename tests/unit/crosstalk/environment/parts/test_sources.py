"""Where the reference system's sources are found, and what is missing to start it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.environment.parts import sources
from crosstalk.environment.parts.sources import locate_system, require_system_packages
from tests.repository import ROOT


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, *files: str) -> None:
    """Have the package `crosstalk` stand in a folder with these files."""
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr(sources, "package_root", lambda package: folder)


def require(monkeypatch: pytest.MonkeyPatch, *requirements: str) -> None:
    """Have the distribution state these requirements."""
    monkeypatch.setattr(metadata, "requires", lambda name: list(requirements))


def test_checkout_has_the_sources_beside_the_harness() -> None:
    assert locate_system() == ROOT


def test_installed_wheel_has_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tmp_path, "crosstalk/_bundled/system/__init__.py")
    assert locate_system() == tmp_path / "crosstalk" / "_bundled"


def test_package_of_a_strangers_called_system_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "site-packages"
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / "__init__.py").touch()
    install(monkeypatch, packages, "crosstalk/__init__.py")
    with pytest.raises(HarnessError, match="install crosstalk-harness again"):
        locate_system()


def test_missing_packages_are_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    require(
        monkeypatch,
        "rich>=14",
        'pytest>=9; extra == "system"',
        'no-such-package[extra]>=1 ; extra == "system"',
        'no-such-other>=1; extra == "load"',
        'no-such-third>=1; sys_platform == "win32" and extra == "system"',
    )
    with pytest.raises(HarnessError, match=r"\(no-such-package\).*harness\[system\]'$"):
        require_system_packages()


def test_checkout_that_is_not_installed_states_no_requirements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    require_system_packages()
