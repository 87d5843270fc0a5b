"""Interface of a compared tool, and counting of what is written for it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.corpus_side_by_side.served import Served
from benchmarks.proving_ground.matching import Finding
from benchmarks.tool_command import run_command

WRITTEN = Path(__file__).parent.parent / "written"
SECONDS = 300.0


class NoReportError(Exception):
    """A tool left no report, or one that says that its setup failed."""


@dataclass(frozen=True, slots=True)
class Written:
    """Amount that a person wrote for a tool and a server.

    Attributes:
        lines: Lines that are neither blank nor a comment.
        characters: Their length, without the white space around them.
    """

    lines: int
    characters: int


class Tool(Protocol):
    """A tool.

    Attributes:
        name: Its name, and of its column.
        given: What it is given beside the address, in a sentence.
    """

    name: str
    given: str

    def version(self, programs: Path) -> str:
        """Return its version."""

    def written(self, server: str) -> Written:
        """Return the amount of what a person wrote for a server of the corpus."""

    def run(self, server: Served, programs: Path, folder: Path) -> list[Finding]:
        """Run it on a server, and return what it reports.

        Args:
            server: That runs.
            programs: Folder of the tools' commands.
            folder: An empty folder for what it reads and writes.

        Raises:
            NoReportError: It left no report, or could not set itself up.
            CommandFailedError: It could not be started, or did not end in time.
        """


def count(texts: Sequence[str]) -> Written:
    """Count the lines of texts that are neither blank nor a comment nor a docstring of a line.

    Args:
        texts: YAML, TOML or Python.
    """
    lines = [line.strip() for text in texts for line in text.splitlines()]
    counted = [line for line in lines if line and not line.startswith(("#", '"""'))]
    return Written(len(counted), sum(map(len, counted)))


def files(server: str, *names: str) -> list[str]:
    """Return the texts of those of the files that are written for a server."""
    paths = [WRITTEN / server / name for name in names]
    return [path.read_text(encoding="utf-8") for path in paths if path.exists()]


def last_lines(output: str, number: int = 6) -> str:
    """Return the end of what a command printed, in a line."""
    return " | ".join(line.strip() for line in output.strip().splitlines()[-number:])


def version_of(program: Path, option: str) -> str:
    """Return the last word that a program prints when it is asked for its version."""
    with tempfile.TemporaryDirectory() as folder:
        return run_command([str(program), option], Path(folder), {}, SECONDS)[1].split()[-1]
