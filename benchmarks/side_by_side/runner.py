"""A tool before one system: its commands run, its findings read, or why there are none."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.side_by_side.installing import NotInstallableError, programs_of
from benchmarks.side_by_side.subject import Subject
from benchmarks.side_by_side.tools import Command, Ended, NotReadableError, Tool

_LAST_LINES = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tool said about one system.

    Attributes:
        findings: What it reports, sorted.
        seconds: How long its commands took.
        failure: Why it could not be run, None where it ran.
        commands: Its command lines, tokens and addresses replaced by names.
    """

    findings: tuple[str, ...]
    seconds: float
    failure: str | None
    commands: tuple[str, ...]


class _DidNotWorkError(Exception):
    """A command ended badly, or not in time."""


def perform(tool: Tool, subject: Subject, folder: Path) -> Reading:
    """Run a tool's commands, each in a folder of its own, and read what it found."""
    began = time.monotonic()
    commands = tool.commands(subject)
    shown = tuple(subject.masked(_shown(command)) for command in commands)
    found: set[str] = set()
    failure = None
    try:
        programs = programs_of(tool)
        ended = [
            _run(command, programs, folder / str(number), tool.seconds)
            for number, command in enumerate(commands, 1)
        ]
        found = tool.findings(ended)
    except (NotInstallableError, NotReadableError, _DidNotWorkError) as error:
        failure = subject.masked(str(error))
    return Reading(
        findings=tuple(sorted(subject.masked(each) for each in found)),
        seconds=round(time.monotonic() - began, 1),
        failure=failure,
        commands=shown,
    )


def _run(command: Command, programs: Path, folder: Path, seconds: float) -> Ended:
    folder.mkdir(parents=True)
    for name, text in command.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    # Some keep a history or a cache at home, which would carry over from system to system.
    environment = {
        **os.environ,
        "HOME": str(folder.resolve()),
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}",
        "COLUMNS": "200",
        **command.environment,
    }
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(programs / command.arguments[0]), *command.arguments[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            raise _DidNotWorkError(f"no end within {seconds:.0f} s") from None
        except BaseException:
            _end(process)
            raise
    said = log.read_text(encoding="utf-8", errors="replace")
    if status not in command.ended_well:
        last = " | ".join(said.strip().splitlines()[-_LAST_LINES:])
        raise _DidNotWorkError(f"exit status {status}: {last}")
    return Ended(folder, status, said)


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _shown(command: Command) -> str:
    words = [Path(command.arguments[0]).name, *command.arguments[1:]]
    return " ".join(f"'{word}'" if set(word) & set(' {}"$') else word for word in words)
