"""A command of a public tool in a folder of its own, with an end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.served import end_group, start_group

_PATIENCE_SECONDS = 20.0


class CommandFailedError(Exception):
    """A command could not be started, or did not end in time."""


def run_command(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> tuple[int, str]:
    """Run a command, and return its exit status and what it printed.

    Args:
        command: The program and its arguments.
        folder: Its working folder and its home: some tools keep a history or a cache at home,
            which would leak from one system to the next.
        environment: Environment variables beside those of this process.
        seconds: Longest time that it may take.

    Raises:
        CommandFailedError: There is no such program, or it did not end in time.
    """
    surroundings = {**os.environ, "HOME": str(folder.resolve()), "COLUMNS": "200", **environment}
    log = folder / "output.log"
    with log.open("wb") as output:
        try:
            process = start_group(command, folder, surroundings, output)
        except OSError as error:
            raise CommandFailedError(f"{command[0]}: {error}") from error
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CommandFailedError(f"no end within {seconds:.0f} s") from None
        finally:
            end_group(process, _PATIENCE_SECONDS)
    return status, log.read_text(encoding="utf-8", errors="replace")
