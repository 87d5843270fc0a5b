"""One of the correct servers of `tests/strangers/sound`, run shortly: nothing is found in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.crosstalk.targets.described.describing import campaign
from tests.repository import ROOT


def test_nothing_is_found_in_a_correct_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    file = ROOT / "tests" / "strangers" / "sound" / "bookmarks_stdlib.toml"
    result = campaign(file, calls=120)
    assert result.findings == []
    assert result.public == ("rest:GET /about",)
    served = {name for name, control in result.controls.items() if control.own_reads}
    assert len(served) >= 6
