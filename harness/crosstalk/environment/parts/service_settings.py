"""Names of the settings that a service of the reference system reads, taken from its sources.

The harness imports nothing of the system, so the fields of its settings classes are read as text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_SHARED = ("settings.py", "identity/settings.py", "store/settings.py")


def settings_of_service(root: Path, service: str) -> frozenset[str]:
    """Return the environment variables that a service reads.

    Args:
        root: Folder that contains the `system` package.
        service: `backend` or `mcp`; any other has none.
    """
    own = root / "system" / service / "settings.py"
    if not own.is_file():
        return frozenset()
    files = (own, *(root / "system" / name for name in _SHARED))
    return frozenset(name for file in files if file.is_file() for name in _fields(file))


def _fields(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                    yield each.target.id.upper()
