"""schemathesis: its checks of authorization, with both people as peers."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Any

from benchmarks.corpus_side_by_side.served import Served
from benchmarks.corpus_side_by_side.tools.base import (
    SECONDS,
    NoReportError,
    Written,
    count,
    files,
    last_lines,
    version_of,
)
from benchmarks.proving_ground.matching import Finding
from benchmarks.tool_command import run_command

_FILES = ("schemathesis.toml", "people.yaml")
_BUDGET_SECONDS = 40
_CHECKS = "object_level_authorization,ignored_auth"


class Schemathesis:
    """`schemathesis run` for 40 s at most."""

    name = "schemathesis"
    given = (
        "both people as peers, object_level_authorization and ignored_auth, "
        f"at most {_BUDGET_SECONDS} s, seed 1"
    )

    def version(self, programs: Path) -> str:
        """Return its version."""
        return version_of(programs / self.name, "--version")

    def written(self, server: str) -> Written:
        """Count its configuration and the file of people."""
        return count(files(server, *_FILES))

    def run(self, server: Served, programs: Path, folder: Path) -> list[Finding]:
        """Run the checks that ask who may see what."""
        for name, text in zip(_FILES, files(server.entry.manifest.name, *_FILES), strict=True):
            filled = Template(text).substitute(server.variables())
            (folder / name).write_text(filled, encoding="utf-8")
        command = [str(programs / "schemathesis"), "--config-file", "schemathesis.toml", "run"]
        command += ["--no-color", "--continue-on-failure", "--checks", _CHECKS, "--seed", "1"]
        command += ["--max-time", str(_BUDGET_SECONDS), "--report", "json"]
        command += ["--report-json-path", "report.json", server.openapi]
        _, output = run_command(command, folder, {}, SECONDS)
        report = folder / "report.json"
        if not report.exists():
            raise NoReportError(last_lines(output))
        return read_report(json.loads(report.read_text(encoding="utf-8")))


def read_report(report: dict[str, Any]) -> list[Finding]:
    """Return the findings of a JSON report.

    Args:
        report: Its content.

    Raises:
        NoReportError: It generated no test case.
    """
    if not report["test_cases"]["generated"]:
        raise NoReportError("it generated no test case")
    return [
        Finding(operation=operation, oracle=failure["title"])
        for failure in report["failures"]
        for operation in failure["operations"]
    ]
