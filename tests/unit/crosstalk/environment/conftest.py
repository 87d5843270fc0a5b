"""A stand-in for the system's sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.crosstalk.environment.stand_in import write_stand_in


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A `system_root` with a stand-in for the system."""
    return write_stand_in(tmp_path / "root")
