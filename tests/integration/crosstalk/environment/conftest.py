"""What the tests of environments share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem
from tests.unit.crosstalk.environment.stand_in import write_stand_in


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A `system_root` with a stand-in for the system."""
    return write_stand_in(tmp_path / "root")


@pytest.fixture(scope="module")
def standing_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """The stand-in, running; shared by a module's tests, which leave it running."""
    folder = tmp_path_factory.mktemp("standing-in")
    root = write_stand_in(folder / "root")
    options = ProcessOptions(run_folder=folder / "run", system_root=root)
    with ProcessEnvironment(options) as running:
        yield running


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """No process of the test outlives it."""
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    yield
    left = [
        each
        for each in psutil.Process().children(recursive=True)
        if each.pid not in before and each.status() != psutil.STATUS_ZOMBIE
    ]
    assert left == []
