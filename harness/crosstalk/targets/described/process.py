"""Starts a described system for a run, sets it up, and resets it between examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.probes import listens
from crosstalk.environment.runtime.process import ServiceProcess
from crosstalk.targets.described.config import CommandConfig, StartConfig, TargetConfig
from crosstalk.targets.described.credentials import filled


@contextmanager
def served(config: TargetConfig, folder: Path) -> Iterator[TargetConfig]:
    """The description with its places filled in, its system running and set up.

    `{port}` is a free port, `{scratch}` a folder that is empty at the beginning and gone at the
    end.

    Raises:
        HarnessError: It cannot be started or set up.
    """
    with tempfile.TemporaryDirectory(prefix="xtalk-") as scratch, Ports() as ports:
        places = {"scratch": scratch}
        if config.start is not None:
            places["port"] = str(ports.take())
        described = TargetConfig.model_validate(filled(config.model_dump(), places))
        # Its path is in messages to everybody, and part of it may look like somebody's.
        described.public_values.append(scratch)
        guard = Guard()
        service: ServiceProcess | None = None
        try:
            if described.start is not None:
                service = _process(described.start, folder, Path(scratch), int(places["port"]))
                service.start(guard)
                service.wait_until_ready(described.start.seconds)
            if described.setup is not None:
                run_command(described.setup, folder, "setup")
            yield described
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
        raise HarnessError(f"the {what} command failed ({type(error).__name__})") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it said nothing"]
        raise HarnessError(f"the {what} command ended with {done.returncode}: {said[-1][:200]}")


def _process(start: StartConfig, folder: Path, scratch: Path, port: int) -> ServiceProcess:
    program = shutil.which(start.command[0])
    if program is None:
        raise HarnessError(f"start.command names {start.command[0]}, which is not installed")
    command = [program, *start.command[1:]]
    where = (folder / start.folder).resolve()
    if where != Path.cwd():
        # A process of the harness starts where the harness is; the shell moves it.
        command = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(where), *command]
    return ServiceProcess(
        name="target",
        command=command,
        environment={**os.environ, **start.environment},
        log=scratch / "target.log",
        port=port,
        probe=lambda: listens(port),
    )
