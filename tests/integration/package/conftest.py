"""The wheel of this checkout, and environments that hold it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.package.environments import Environment, make_environment
from tests.repository import ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without the internet."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", str(folder)], cwd=ROOT, check=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment of the wheel without extras."""
    return _environment("WHEEL_BASE", tmp_path_factory.mktemp("base"), wheel)


@pytest.fixture(scope="session")
def system(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment of the wheel with the extra that starts the reference system."""
    return _environment("WHEEL_SYSTEM", tmp_path_factory.mktemp("system"), wheel, "system")


def _environment(setting: str, folder: Path, wheel: Path, *extras: str) -> Environment:
    if setting in os.environ:
        return Environment(Path(os.environ[setting]), folder)
    return make_environment(folder, wheel, *extras)
