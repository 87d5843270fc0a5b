"""Installs the servers of the examples as their files say, each example in a place of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crosstalk.report.run_folder import RunFolder
from tests.strangers.examples import Example, write_table

Row = tuple[Example, str, int, list[str]]
_INSTALLED = Path(".crosstalk/strangers")


@pytest.fixture(scope="session")
def programs() -> Callable[[Example], str]:
    """The search path with an example's programs first; installs them the first time."""

    def installed(example: Example) -> str:
        folders = [place(installer, each) for installer, each in example.packages]
        return os.pathsep.join([*map(str, folders), os.environ["PATH"]])

    return installed


@pytest.fixture(scope="session")
def rows() -> Iterator[list[Row]]:
    """Takes what came of each run; all of it is a table in the run's folder when they ended."""
    taken: list[Row] = []
    yield taken
    folder = os.environ.get("E2E_RUN_FOLDER")
    if folder and taken:
        write_table(RunFolder(Path(folder)), taken)


def place(installer: str, packages: tuple[str, ...]) -> Path:
    """The folder of programs of one line of installation."""
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    place = (_INSTALLED / f"{installer}-{key}").resolve()
    programs = place / "bin" if installer == "pip" else place / "node_modules" / ".bin"
    if (place / ".installed").exists():
        return programs
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if installer == "pip":
        _run([sys.executable, "-m", "venv", str(place)], place)
        _run([str(programs / "python"), "-m", "pip", "install", "--quiet", *packages], place)
    else:
        _run(["npm", "install", "--silent", "--no-audit", "--no-fund", *packages], place)
    (place / ".installed").touch()
    return programs


def _run(command: list[str], folder: Path) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.fail(f"{' '.join(command)}: {(ended.stdout + ended.stderr)[-800:]}")
