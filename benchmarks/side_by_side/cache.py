"""Readings on disk, one file a tool and system, so that a long comparison can be continued."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.side_by_side.runner import Reading
from crosstalk.report.run_folder import RunFolder

UNPATCHED = "unpatched"


class Kept:
    """The readings in a folder: `readings/<mutant or unpatched-seed>/<tool>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "readings"

    def get(self, system: str, tool: str) -> Reading | None:
        """A reading that is there already."""
        path = self._folder / system / f"{tool}.json"
        if not path.exists():
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
        return Reading(
            findings=tuple(data["findings"]),
            seconds=data["seconds"],
            failure=data["failure"],
            commands=tuple(data["commands"]),
        )

    def put(self, system: str, tool: str, reading: Reading) -> None:
        """Keep a reading."""
        folder = self._folder / system
        folder.mkdir(parents=True, exist_ok=True)
        RunFolder(folder).write(f"{tool}.json", json.dumps(asdict(reading), indent=2) + "\n")

    def baseline(self, tool: str) -> Iterator[Reading]:
        """The readings of the unpatched system, one a seed."""
        for path in sorted(self._folder.glob(f"{UNPATCHED}-*")):
            reading = self.get(path.name, tool)
            if reading is not None:
                yield reading
