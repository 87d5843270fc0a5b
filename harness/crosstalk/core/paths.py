"""Paths as files keep them: what is written on one machine is read on another."""

from __future__ import annotations

import os
from pathlib import Path


def relative_to(path: Path, folder: Path) -> str:
    """Return a path as seen from a folder, with `/` between its parts.

    Links are followed in both, because `..` behind a link leads elsewhere. A path on another drive
    has no such form and stays whole.
    """
    whole, start = path.resolve(), folder.resolve()
    try:
        return Path(os.path.relpath(whole, start)).as_posix()
    except ValueError:
        return whole.as_posix()


def from_here(path: Path) -> str:
    """Return a path as it is typed in the current folder."""
    if not path.is_absolute():
        return path.as_posix()
    return relative_to(path, Path())
