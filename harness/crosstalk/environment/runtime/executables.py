"""Programs that an environment starts, where they are installed on this machine."""

from __future__ import annotations

import os
import shutil

from crosstalk.environment.runtime.errors import EnvironmentFailed

# Debian keeps servers where a plain user's PATH does not look.
_PLACES = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"))


def find_program(name: str, otherwise: str) -> str:
    """Find the path of an installed program.

    Args:
        name: The program's name.
        otherwise: The message where it is not installed, with what to do.

    Raises:
        EnvironmentFailed: It is not installed.
    """
    found = shutil.which(name) or shutil.which(name, path=_PLACES)
    if found is None:
        raise EnvironmentFailed(otherwise)
    return found
