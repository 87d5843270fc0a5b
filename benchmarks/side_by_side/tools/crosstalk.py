"""Crosstalk itself, by its command line, in the same table and by the same rule."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from benchmarks.side_by_side.system_under_test import SystemUnderTest
from benchmarks.side_by_side.tools.base import Command, FinishedCommand, UnreadableReportError
from crosstalk.environment.parts.sources import package_root


class Crosstalk:
    """A campaign; it starts the system itself."""

    name = "crosstalk"
    version = "this checkout"
    meant_for = "whether one user of a system can see or change what another has"
    given = "three users and a stranger, whom it makes itself"
    seconds = 600.0

    def commands(self, system: SystemUnderTest) -> list[Command]:
        """Run a campaign as `crosstalk isolation` does."""
        arguments = [sys.executable, "-m", "crosstalk", "isolation", "--stop-at-first"]
        arguments += ["--seed", str(system.seed)]
        if system.mutant is not None:
            arguments += ["--mutant", system.mutant]
        here = {"PYTHONPATH": str(package_root("crosstalk"))}
        return [Command(arguments, environment=here, success_statuses=frozenset({0, 1, 3}))]

    def findings(self, finished: Sequence[FinishedCommand]) -> set[str]:
        """The oracle and the operation of each finding."""
        runs = finished[0].folder / ".crosstalk" / "runs"
        paths = list(runs.glob("isolation*/latest/summary.json"))
        if not paths:
            raise UnreadableReportError("no summary")
        summary = json.loads(paths[0].read_text(encoding="utf-8"))
        return {f"{each['oracle']}: {each['tool']}" for each in summary["findings"]}
