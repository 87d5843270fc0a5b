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


class Overstep:
    """`overstep run`, one request at a time."""

    name = "overstep"
    given = "a matrix with setup requests, a marker of each person and patterns for lists"

    def version(self, programs: Path) -> str:
        """Return its version."""
        return version_of(programs / self.name, "version")

    def written(self, server: str) -> Written:
        """Count the matrix."""
        return count(files(server, "overstep.yaml"))

    def run(self, server: Served, programs: Path, folder: Path) -> list[Finding]:
        """Run the matrix."""
        matrix = WRITTEN / server.entry.manifest.name / "overstep.yaml"
        command = [str(programs / "overstep"), "run", str(matrix), "--out", str(folder)]
        command += ["--concurrency", "1"]
        status, output = run_command(command, folder, server.variables(), SECONDS)
        report = folder / "findings.json"
        if status not in (0, 1) or not report.exists():
            raise NoReportError(f"exit status {status}: {last_lines(output)}")
        return read_report(json.loads(report.read_text(encoding="utf-8")), server.operations)


def read_report(report: dict[str, Any], operations: tuple[str, ...]) -> list[Finding]:
    """Return the findings of a `findings.json`.

    Args:
        report: Its content.
        operations: Those of the server's document.
    """
    return [
        Finding(
            operation=operation_of(each["method"], each["path"], operations),
            oracle=each["vuln_class"],
            summary=each["detail"],
        )
        for each in report["findings"]
        if each["vuln_class"] != _NO_LEAK
    ]
