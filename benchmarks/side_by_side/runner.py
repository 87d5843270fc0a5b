"""Runner of a tool on one system: runs its commands and reads its findings."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.side_by_side.installing import NotInstallableError, programs_of
from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools import Command, FinishedCommand, Tool, UnreadableReportError
from benchmarks.tool_command import CommandFailedError, run_command

_LAST_LINES = 4


@dataclass(frozen=True, slots=True)
class ToolReport:
    """Report of a tool on one system.

    Attributes:
        findings: Its findings, sorted.
        seconds: Duration of its commands.
        failure: Why it could not be run; None where it ran.
        commands: Its command lines, with tokens and addresses replaced by names.
    """

    findings: tuple[str, ...]
    seconds: float
    failure: str | None
    commands: tuple[str, ...]


def run_tool(tool: Tool, system: SystemUnderTest, folder: Path) -> ToolReport:
    """Run a tool's commands, each in a folder of its own, and read its findings."""
    began = time.monotonic()
    commands = tool.commands(system)
    shown = tuple(system.masked(_shown(command)) for command in commands)
    found: set[str] = set()
    failure = None
    try:
        programs = programs_of(tool)
        finished = [
            _run(command, programs, folder / str(number), tool.seconds)
            for number, command in enumerate(commands, 1)
        ]
        found = tool.findings(finished)
    except (NotInstallableError, UnreadableReportError, CommandFailedError) as error:
        failure = system.masked(str(error))
    return ToolReport(
        findings=tuple(sorted(system.masked(each) for each in found)),
        seconds=round(time.monotonic() - began, 1),
        failure=failure,
        commands=shown,
    )


def _run(command: Command, programs: Path, folder: Path, seconds: float) -> FinishedCommand:
    folder.mkdir(parents=True)
    for name, text in command.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}",
        **command.environment,
    }
    started = [str(programs / command.arguments[0]), *command.arguments[1:]]
    status, output_text = run_command(started, folder, environment, seconds)
    if status not in command.success_statuses:
        last = " | ".join(output_text.strip().splitlines()[-_LAST_LINES:])
        raise CommandFailedError(f"exit status {status}: {last}")
    return FinishedCommand(folder, status, output_text)


def _shown(command: Command) -> str:
    words = [Path(command.arguments[0]).name, *command.arguments[1:]]
    return " ".join(f"'{word}'" if set(word) & set(' {}"$') else word for word in words)
