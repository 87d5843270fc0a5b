"""The account that PostgreSQL runs as: its server refuses to run as root.

Where the harness is root, an unprivileged account runs it, and everything that the server needs
must lie within that account's reach. Only permission to traverse folders is added, never to list
them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from crosstalk.environment.runtime.errors import EnvironmentFailed

_NAME = "pgserver"
_PASS = stat.S_IXOTH
_READ = stat.S_IROTH


def unprivileged_account() -> str | None:
    """Return the server's account, created on first use; None where the harness is not root.

    Raises:
        EnvironmentFailed: There is none and none can be created.
    """
    if os.geteuid() != 0:
        return None
    if not _exists():
        maker = shutil.which("useradd")
        if maker is not None:
            subprocess.run(
                [maker, "--system", "--no-create-home", "--shell", "/bin/false", _NAME],
                check=False,
                capture_output=True,
            )
        # Two concurrent runs may both have tried; what counts is that it exists.
        if not _exists():
            raise EnvironmentFailed(
                f"PostgreSQL does not run as root, and the account {_NAME!r} cannot be created: "
                "run as another user, or create that account"
            )
    return _NAME


def _exists() -> bool:
    try:
        pwd.getpwnam(_NAME)
    except KeyError:
        return False
    return True


def identity(account: str | None) -> dict[str, Any]:
    """Return the arguments with which `subprocess` runs a program as the account."""
    if account is None:
        return {}
    entry = pwd.getpwnam(account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": "/"}


def open_to_every_account(folder: Path) -> None:
    """Let every account run and read the programs in a folder, wherever it lies."""
    for parent in folder.resolve().parents:
        _allow(parent, _PASS)
    for place, _, files in os.walk(folder):
        _allow(Path(place), _READ | _PASS)
        for name in files:
            path = Path(place, name)
            # What the owner may execute, every account may.
            passing = _PASS if path.stat().st_mode & stat.S_IXUSR else 0
            _allow(path, _READ | passing)


def scratch_folder(account: str | None) -> Path:
    """Create a folder that the account owns and can reach.

    Raises:
        EnvironmentFailed: No temporary folder is within its reach, or can be written.
    """
    places = dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp"))  # noqa: S108
    for place in [each for each in places if account is None or _within_reach(Path(each))]:
        try:
            folder = Path(tempfile.mkdtemp(prefix="crosstalk-pg-", dir=place))
        except OSError:
            continue
        hand_over(folder, account)
        return folder
    raise EnvironmentFailed(
        f"no temporary folder can be written ({', '.join(places)}): free some space or set TMPDIR"
    )


def hand_over(folder: Path, account: str | None) -> None:
    """Give a folder and all in it to the account."""
    if account is None:
        return
    entry = pwd.getpwnam(account)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(place, name), entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def _within_reach(folder: Path) -> bool:
    try:
        resolved = folder.resolve(strict=True)
        return all(each.stat().st_mode & _PASS for each in (resolved, *resolved.parents))
    except OSError:
        return False


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)
