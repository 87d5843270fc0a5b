"""Why an environment could not be started, in one line that says what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from crosstalk.core.errors import HarnessError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class EnvironmentFailed(HarnessError):
    """A part of the system did not start, or stopped by itself; nothing is left running."""


def storage_failure(what: str, folder: Path, error: OSError, instead: str) -> EnvironmentFailed:
    """What to say when a file or folder cannot be written.

    Args:
        what: What was being made.
        folder: Where.
        error: What the system said.
        instead: How to choose another place.
    """
    reason = error.strerror or type(error).__name__
    advice = f"free some space there, or {instead}" if error.errno in NO_SPACE else instead
    return EnvironmentFailed(f"{what} cannot be made in {folder}: {reason}; {advice}")
