"""A hash of files, as the name under which a product of them is cached."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from pathlib import Path


def hashed(files: Iterable[Path], folder: Path) -> str:
    """Hash names and contents of files, and the platform.

    Args:
        files: Files in the folder, in any order.
        folder: The folder that their names are relative to.
    """
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for path in sorted(files):
        name, content = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return digest.hexdigest()[:24]
