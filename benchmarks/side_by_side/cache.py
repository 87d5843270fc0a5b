"""Cache of reports on disk, one file for each tool and system, to resume a long comparison."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.side_by_side.runner import ToolReport
from crosstalk.report.run_folder import RunFolder

UNPATCHED = "unpatched"


class ReportCache:
    """Reports in a folder: `readings/<mutant or unpatched-seed>/<tool>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "readings"

    def get(self, system: str, tool: str) -> ToolReport | None:
        """Return the cached report of a tool on a system, if there is one."""
        path = self._folder / system / f"{tool}.json"
        if not path.exists():
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
        return ToolReport(
            findings=tuple(data["findings"]),
            seconds=data["seconds"],
            failure=data["failure"],
            commands=tuple(data["commands"]),
        )

    def put(self, system: str, tool: str, report: ToolReport) -> None:
        """Store a report."""
        folder = self._folder / system
        folder.mkdir(parents=True, exist_ok=True)
        RunFolder(folder).write(f"{tool}.json", json.dumps(asdict(report), indent=2) + "\n")

    def baseline(self, tool: str) -> Iterator[ToolReport]:
        """Yield a tool's reports of the unpatched system, one for each seed."""
        for path in sorted(self._folder.glob(f"{UNPATCHED}-*")):
            report = self.get(path.name, tool)
            if report is not None:
                yield report
