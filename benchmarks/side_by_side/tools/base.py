"""What an adapter of a tool is: its command lines, and how to read what it leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.side_by_side.subject import Subject


class NotReadableError(Exception):
    """A tool left nothing that says what it found."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command line of a tool.

    Attributes:
        arguments: The program, by the name it has in the tool's environment, and its arguments.
        files: Files that it needs beside it, by name.
        environment: Environment variables that it needs.
        ended_well: Exit statuses with which it says that it did its work.
    """

    arguments: Sequence[str]
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    ended_well: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended: its folder, and what it wrote to its outputs."""

    folder: Path
    status: int
    output: str


class Tool(Protocol):
    """A tool and how it is used.

    Attributes:
        name: Its name on PyPI, and of its column.
        version: The version that is installed.
        meant_for: What its manual says it is for.
        given: What it is given beside the address.
        seconds: Longest time that one of its commands may take.
    """

    name: str
    version: str
    meant_for: str
    given: str
    seconds: float

    def commands(self, subject: Subject) -> list[Command]:
        """The command lines for one system; each runs in an empty folder of its own."""

    def findings(self, ended: Sequence[Ended]) -> set[str]:
        """What it reports: one line a finding, without anything that changes from run to run.

        Raises:
            NotReadableError: It left nothing to read, or what it left says that it tested nothing.
        """
