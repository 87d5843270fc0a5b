"""Virtual environments that hold the wheel, what it requires, and nothing of the repository.

Tests need no internet: a requirement is not downloaded but linked, file by file, from the
environment that runs the tests. `./noxw -s wheel` installs with pip instead, and names the results
by `WHEEL_BASE` and `WHEEL_SYSTEM`.
"""

from __future__ import annotations

import os
import subprocess
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement

_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG")


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, and a folder of its own to work in.

    Attributes:
        python: Its interpreter.
        folder: Current folder of what is run.
    """

    python: Path
    folder: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of `crosstalk` with these arguments."""
        return [str(self.python), "-m", "crosstalk", *arguments]

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables that let nothing of the repository in."""
        return {name: os.environ[name] for name in _INHERITED if name in os.environ}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment to its end."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def crosstalk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `crosstalk` to its end."""
        return self.run(*self.command(*arguments))


def make_environment(folder: Path, wheel: Path, *extras: str) -> Environment:
    """Make a virtual environment of the wheel and the requirements of these extras.

    Args:
        folder: Where; it does not exist yet.
        wheel: The wheel.
        extras: Which of its extras.

    Raises:
        importlib.metadata.PackageNotFoundError: A requirement is not installed here.
    """
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder / "venv")
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    (metadata,) = packages.glob("*.dist-info")
    for each in _required(PathDistribution(metadata), set(extras)):
        _link(each, packages)
    work = folder / "work"
    work.mkdir()
    return Environment(folder / "venv" / "bin" / "python", work)


def _required(root: Distribution, extras: set[str]) -> Iterator[Distribution]:
    """All distributions that one requires, directly or not, each once."""
    waiting, seen = [(root, frozenset(extras))], set[tuple[str, frozenset[str]]]()
    found: set[str] = set()
    while waiting:
        dependent, chosen = waiting.pop()
        for text in dependent.requires or ():
            requirement = Requirement(text)
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": each}) for each in ("", *chosen)):
                continue
            required = distribution(requirement.name)
            key = (required.name, frozenset(requirement.extras))
            if key in seen:
                continue
            seen.add(key)
            waiting.append((required, key[1]))
            if required.name not in found:
                found.add(required.name)
                yield required


def _link(installed: Distribution, packages: Path) -> None:
    for file in installed.files or ():
        parts = PurePosixPath(file).parts
        if parts[0] == ".." or "__pycache__" in parts or file.suffix == ".pth":
            continue
        link = packages / file
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(Path(str(installed.locate_file(file))).resolve())
