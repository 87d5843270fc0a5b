"""authztrace: a contract of who may reach which object; the objects are made beforehand."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from benchmarks.corpus_side_by_side import objects
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


class Authztrace:
    """`authztrace run`, on objects that a script of the person's made."""

    name = "authztrace"
    given = "a contract with removals as checks of their own, and a script that makes the objects"

    def version(self, programs: Path) -> str:
        """Return its version."""
        return version_of(programs / self.name, "--version")

    def written(self, server: str) -> Written:
        """Count the contract, and the function that makes its objects."""
        script = inspect.getsource(getattr(objects, server))
        return count([*files(server, "authztrace.yaml"), script])

    def run(self, server: Served, programs: Path, folder: Path) -> list[Finding]:
        """Make the objects, and run the contract."""
        name = server.entry.manifest.name
        made = getattr(objects, name)(server.send)
        contract = WRITTEN / name / "authztrace.yaml"
        report = folder / "results.json"
        command = [str(programs / "authztrace"), "run", "-c", str(contract), "--json", str(report)]
        _, output = run_command(command, folder, {**server.variables(), **made}, SECONDS)
        if not report.exists():
            raise NoReportError(last_lines(output))
        return read_report(json.loads(report.read_text(encoding="utf-8")), server.operations)


def read_report(report: dict[str, Any], operations: tuple[str, ...]) -> list[Finding]:
    """Return the findings of a JSON report.

    Args:
        report: Its content.
        operations: Those of the server's document.

    Raises:
        NoReportError: It says that an allowed request failed, so that nothing was tried.
    """
    broken = [each["note"] for each in report["results"] if each["outcome"] == "error"]
    if broken:
        raise NoReportError("; ".join(broken))
    return [
        Finding(
            operation=operation_of(each["request"]["method"], each["request"]["path"], operations),
            oracle=each["category"],
            summary=each["note"],
        )
        for each in report["results"]
        if each["outcome"] == "fail"
    ]
