"""Errors of environments: one line each, which says what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from crosstalk.core.errors import TargetFailedError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class EnvironmentFailed(TargetFailedError):
    """A part of the system did not start, or stopped by itself; nothing is left running."""


def storage_failure(what: str, folder: Path, error: OSError, instead: str) -> EnvironmentFailed:
    """Build the error for a file or folder that cannot be written.

    Args:
        what: The thing that was being written.
        folder: Its folder.
        error: The system's error.
        instead: How to choose another folder.
    """
    reason = error.strerror or type(error).__name__
    advice = f"free some space there, or {instead}" if error.errno in NO_SPACE else instead
    return EnvironmentFailed(f"{what} cannot be made in {folder}: {reason}; {advice}")
