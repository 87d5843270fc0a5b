"""overstep: a matrix of who may do what, and requests of its own to make the objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.corpus_side_by_side.served import Served, operation_of
from benchmarks.corpus_side_by_side.tools.base import (
    SECONDS,
    WRITTEN,
    NoReportError,
    Written,
    count,
    files,
    last_lines,
    version_of,
)
from benchmarks.proving_ground.matching import Finding
from benchmarks.tool_command import run_command

# An allowed request that is refused: the matrix or the server is wrong, and nothing is leaked.
_NO_LEAK = "unexpected-deny"
INFORMED = "overstep-informed"


class Overstep:
    """`overstep run`, one request at a time.

    Attributes:
        name: Of the column.
        given: Its input.
    """

    def __init__(self, *, informed: bool = False) -> None:
        """Take the matrix of a person who knows the leaks, or of one who does not.

        Args:
            informed: Take the former, which adds to the latter, and read refusals of what the
                matrix allows as findings too.
        """
        self._informed = informed
        self._file = "overstep_informed.yaml" if informed else "overstep.yaml"
        self.name = INFORMED if informed else "overstep"
        self.given = (
            "a second matrix, written with the leaks known, for what the first one missed"
            if informed
            else "a matrix with setup requests, a marker of each person and patterns for lists"
        )

    def version(self, programs: Path) -> str:
        """Return its version."""
        return version_of(programs / "overstep", "version")

    def written(self, server: str) -> Written:
        """Count the matrix."""
        return count(files(server, self._file))

    def run(self, server: Served, programs: Path, folder: Path) -> list[Finding]:
        """Run the matrix."""
        matrix = WRITTEN / server.entry.manifest.name / self._file
        command = [str(programs / "overstep"), "run", str(matrix), "--out", str(folder)]
        command += ["--concurrency", "1"]
        status, output = run_command(command, folder, server.variables(), SECONDS)
        report = folder / "findings.json"
        if status not in (0, 1) or not report.exists():
            raise NoReportError(f"exit status {status}: {last_lines(output)}")
        content = json.loads(report.read_text(encoding="utf-8"))
        return read_report(content, server.operations, denials=self._informed)


def read_report(
    report: dict[str, Any], operations: tuple[str, ...], *, denials: bool = False
) -> list[Finding]:
    """Return the findings of a `findings.json`.

    Args:
        report: Its content.
        operations: Those of the server's document.
        denials: Take refusals of what the matrix allows for findings too.
    """
    return [
        Finding(
            operation=operation_of(each["method"], each["path"], operations),
            oracle=each["vuln_class"],
            summary=each["detail"],
        )
        for each in report["findings"]
        if denials or each["vuln_class"] != _NO_LEAK
    ]
