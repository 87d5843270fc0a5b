"""A server of the corpus in a process of its own, with the leaks that it is to have.

One on standard streams is started by whoever calls it, a process for each user; `surroundings` has
its leaks switched.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.proving_ground.manifest import Entry
from benchmarks.proving_ground.packages import (
    MissingProgramError,
    node_modules,
    require_distributions,
)
from benchmarks.served import serving
from crosstalk.environment.runtime.ports import free_port


@contextmanager
def running(entry: Entry, leaks: str, scratch: Path) -> Iterator[int]:
    """Run a server with `LEAKS=leaks` on a free port, and give the port; 0 on standard streams.

    Args:
        entry: The server.
        leaks: `all`, nothing, or ids of planted leaks with commas between.
        scratch: An empty folder for what it stores and writes.

    Raises:
        MissingProgramError: A package that it needs is not installed.
        ServerError: It ended, or accepted no connection.
    """
    require_distributions(entry.manifest.requires)
    if entry.manifest.stdio:
        yield 0
        return
    environment = surroundings(entry, leaks, scratch)
    port = free_port()
    command = [
        word.replace("{port}", str(port)).replace("{scratch}", str(scratch))
        for word in entry.manifest.start
    ]
    if shutil.which(command[0], path=environment["PATH"]) is None:
        raise MissingProgramError(f"not installed: {command[0]}")
    log = scratch / "server.log"
    with serving(command, port, folder=entry.folder, environment=environment, log=log):
        yield port


def surroundings(entry: Entry, leaks: str, scratch: Path) -> dict[str, str]:
    """Return the environment of a server's process.

    Args:
        entry: The server.
        leaks: `all`, nothing, or ids of planted leaks with commas between.
        scratch: Where it stores.

    Raises:
        MissingProgramError: A package that it needs is not installed.
    """
    programs = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "LEAKS": leaks,
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(scratch),
    }
    # A server is no part of the project and must not import from it.
    environment.pop("PYTHONPATH", None)
    if entry.manifest.requires_npm:
        environment["NODE_PATH"] = str(node_modules(entry.manifest.requires_npm))
    return environment
