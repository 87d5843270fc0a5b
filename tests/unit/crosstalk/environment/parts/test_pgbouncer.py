"""Where PgBouncer is not installed, that is said before anything is started."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed, ProcessEnvironment, ProcessOptions


def test_missing_pgbouncer_is_named_before_anything_starts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program, **options: None)
    options = ProcessOptions(run_folder=tmp_path / "run", system_root=root, pooler="pgbouncer")
    with (
        pytest.raises(EnvironmentFailed, match="apt-get install pgbouncer"),
        ProcessEnvironment(options),
    ):
        pytest.fail("it started without a pooler")
    assert list((tmp_path / "run" / "logs").iterdir()) == []
