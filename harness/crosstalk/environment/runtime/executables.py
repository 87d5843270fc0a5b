"""Programs of this machine that an environment starts, where somebody has installed them."""

from __future__ import annotations

import os
import shutil

from crosstalk.environment.runtime.errors import EnvironmentFailed

# Debian keeps servers where a plain user's PATH does not look.
_PLACES = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"))


def find_program(name: str, otherwise: str) -> str:
    """Path of an installed program.

    Args:
        name: Of the program.
        otherwise: What to say, and what to do, where it is not installed.

    Raises:
        EnvironmentFailed: It is not installed.
    """
    found = shutil.which(name) or shutil.which(name, path=_PLACES)
    if found is None:
        raise EnvironmentFailed(otherwise)
    return found
