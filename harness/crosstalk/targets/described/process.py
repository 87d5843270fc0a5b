"""Starts a described system for a run, and runs the commands that set it up and reset it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crosstalk.core.errors import HarnessError, TargetFailedError
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.probes import listens
from crosstalk.environment.runtime.process import ServiceProcess
from crosstalk.targets.described.config import CommandConfig, StartConfig, TargetConfig
from crosstalk.targets.described.loading import TargetFileError, load_target


@dataclass(frozen=True, slots=True)
class Served:
    """A described system that runs.

    Attributes:
        config: The description, its places filled in.
        folder: Where its file is; commands run there.
        scratch: Its empty folder, whose path is in messages to every user.
    """

    config: TargetConfig
    folder: Path
    scratch: str


@contextmanager
def served(file: Path) -> Iterator[Served]:
    """Read a description, and run what it describes while the block does.

    `{port}` is a free port, `{scratch}` a folder that is empty at the beginning and gone at the
    end.

    Raises:
        HarnessError: The file cannot be used or is not confirmed, or its system cannot be started
            or set up.
    """
    folder = file.resolve().parent
    with tempfile.TemporaryDirectory(prefix="xtalk-") as scratch, Ports() as ports:
        port = ports.take()
        config = load_target(file, places={"scratch": scratch, "port": str(port)})
        if not config.confirmed:
            raise TargetFileError(
                f"{file} holds guesses: look through the lines marked `guess`, then set "
                "confirmed = true"
            )
        with _started(config, folder, Path(scratch), port):
            if isinstance(config.setup, CommandConfig):
                run_command(config.setup, folder, "setup")
            yield Served(config, folder, scratch)


@contextmanager
def _started(config: TargetConfig, folder: Path, scratch: Path, port: int) -> Iterator[None]:
    """Run the system while the block does, where the file says how to start it."""
    if config.start is None:
        yield
        return
    guard = Guard()
    service: ServiceProcess | None = None
    try:
        service = _process(config.start, folder, scratch, port)
        service.start(guard)
        service.wait_until_ready(config.start.seconds)
        yield
    finally:
        if service is not None:
            service.stop(guard)
        guard.close()


def run_command(command: CommandConfig, folder: Path, what: str) -> None:
    """Run a command of the description to its end.

    Raises:
        HarnessError: It failed; the message has its last words.
    """
    try:
        done = subprocess.run(
            command.command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=command.seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TargetFailedError(f"the {what} command failed ({type(error).__name__})") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it printed nothing"]
        raise TargetFailedError(
            f"the {what} command ended with {done.returncode}: {said[-1][:200]}"
        )


def _process(start: StartConfig, folder: Path, scratch: Path, port: int) -> ServiceProcess:
    where = (folder / start.folder).resolve()
    variables = {**os.environ, **start.environment}
    # A path is relative to its folder, whose shell it would be typed in.
    named = str(where / start.command[0]) if "/" in start.command[0] else start.command[0]
    program = shutil.which(named, path=variables.get("PATH"))
    if program is None:
        raise HarnessError(
            f"start.command names {start.command[0]}, which is not a program that can be run "
            f"({'in ' + str(where) if '/' in start.command[0] else 'on PATH'})"
        )
    command = [program, *start.command[1:]]
    if where != Path.cwd():
        # A process of the harness starts where the harness is; the shell moves it.
        command = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(where), *command]
    return ServiceProcess(
        name="target",
        command=command,
        environment=variables,
        log=scratch / "target.log",
        port=port,
        probe=lambda: listens(port),
    )
