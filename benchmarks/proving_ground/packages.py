"""Packages that servers of the corpus need: pip's that are here, and npm's in a folder."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

NPM_ROOT = Path(".crosstalk/strangers")


class MissingProgramError(Exception):
    """A server cannot be started here; the message says what is missing."""


def require_distributions(requirements: Sequence[str]) -> None:
    """Verify that the packages are installed in this environment.

    Raises:
        MissingProgramError: One is not.
    """
    missing = [each for each in requirements if not _is_installed(each)]
    if missing:
        raise MissingProgramError(f"not installed: pip install {' '.join(missing)}")


def node_modules(packages: Sequence[str], root: Path = NPM_ROOT) -> Path:
    """Return the `node_modules` that has the packages; installs them the first time.

    Raises:
        MissingProgramError: There is no npm, or it fails.
    """
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise MissingProgramError("not installed: node and npm")
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    place = (root / f"npm-{key}").resolve()
    if not (place / ".installed").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", *packages]
        ended = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        if ended.returncode:
            output = (ended.stdout + ended.stderr).strip()[-400:]
            raise MissingProgramError(f"{' '.join(command)}: {output}")
        (place / ".installed").touch()
    return place / "node_modules"


def _is_installed(requirement: str) -> bool:
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
