"""Crosstalk itself, by its command line, in the same table and by the same rule."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from benchmarks.side_by_side.subject import Subject
from benchmarks.side_by_side.tools.base import Command, Ended, NotReadableError
from crosstalk.environment.backends.wiring import package_root


class Crosstalk:
    """A campaign; it starts the system itself."""

    name = "crosstalk"
    version = "this checkout"
    meant_for = "whether one user of a system can see or change what another has"
    given = "three users and a stranger, whom it makes itself"
    seconds = 600.0

    def commands(self, subject: Subject) -> list[Command]:
        """One campaign as `crosstalk isolation` makes it."""
        arguments = [sys.executable, "-m", "crosstalk", "isolation", "--seed", str(subject.seed)]
        if subject.mutant is not None:
            arguments += ["--mutant", subject.mutant]
        here = {"PYTHONPATH": str(package_root("crosstalk"))}
        return [Command(arguments, environment=here, ended_well=frozenset({0, 1}))]

    def findings(self, ended: Sequence[Ended]) -> set[str]:
        """The oracle and the operation of each finding."""
        runs = ended[0].folder / ".crosstalk" / "runs"
        paths = list(runs.glob("isolation*/latest/summary.json"))
        if not paths:
            raise NotReadableError("no summary")
        summary = json.loads(paths[0].read_text(encoding="utf-8"))
        return {f"{each['oracle']}: {each['tool']}" for each in summary["findings"]}
