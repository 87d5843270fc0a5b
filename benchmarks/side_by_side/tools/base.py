"""Interface of a tool's adapter: its command lines, and parsing of its reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.side_by_side.system_under_test import SystemUnderTest


class UnreadableReportError(Exception):
    """A tool left no report that can be read."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line of a tool.

    Attributes:
        arguments: The program, by its name in the tool's environment, and its arguments.
        files: Files that it needs in its folder, by name.
        environment: Environment variables that it needs.
        success_statuses: Exit statuses of a successful run.
    """

    arguments: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    success_statuses: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class FinishedCommand:
    """A finished command: its folder, exit status and output."""

    folder: Path
    status: int
    output: str


class Tool(Protocol):
    """A tool and its use.

    Attributes:
        name: Its name on PyPI, and of its column.
        version: The version that is installed.
        meant_for: Purpose by its manual.
        given: Its input beside the address.
        seconds: Longest time that one of its commands may take.
    """

    name: str
    version: str
    meant_for: str
    given: str
    seconds: float

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """Return the command lines for one system; each runs in an empty folder of its own."""

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """Return one line for each finding, without anything that changes from run to run.

        Raises:
            UnreadableReportError: There is no report, or it says that nothing was tested.
        """
