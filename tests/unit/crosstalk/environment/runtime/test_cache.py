"""The cache folder, by what the environment says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crosstalk.environment.runtime.cache import cache_folder


def test_cache_folder_is_where_xdg_cache_home_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    assert cache_folder() == tmp_path / "kept" / "crosstalk"
    # Asking makes nothing.
    assert not (tmp_path / "kept").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other platforms have other folders")
@pytest.mark.parametrize("named", ["", "relative/cache"])
def test_cache_folder_is_in_the_home_where_xdg_cache_home_is_not_a_whole_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "crosstalk"


@pytest.mark.skipif(sys.platform != "linux", reason="other platforms have other folders")
def test_cache_folder_of_a_user_without_a_home_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")

    def unknown(number: int) -> object:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert cache_folder() is None
