"""A hash of files: what was made from them can be kept under it."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from pathlib import Path


def hashed(files: Iterable[Path], folder: Path) -> str:
    """A hash of names and contents, and of the platform.

    Args:
        files: All of them in the folder, in any order.
        folder: Where their names begin.
    """
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for path in sorted(files):
        name, content = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return digest.hexdigest()[:24]
