"""A digest of everything that determines the system's roles and tables.

A database cluster that has them can be used again as long as it is the same. It changes with the
store's own code, with what that imports, and with the libraries that run migrations.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("alembic", "asyncpg", "sqlalchemy", "sqlmodel")
_DIGITS = 16


def digest(root: Path) -> str:
    """Compute the digest of the system below `root`, in hexadecimal.

    Args:
        root: Folder that contains the `system` package.
    """
    found = hashlib.sha256()
    system = root / "system"
    for path in sorted((*system.glob("*.py"), *(system / "store").rglob("*.py"))):
        found.update(f"{path.relative_to(system)}\0".encode())
        found.update(path.read_bytes() + b"\0")
    for library in _LIBRARIES:
        found.update(f"{library} {_version(library)}\0".encode())
    return found.hexdigest()[:_DIGITS]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
