"""`python -m benchmarks.hostile [NAME...] [--before REVISION]`: attack, and print what it cost.

Exit status: 0 all was measured, 1 something could not be, 2 the run could not be made.
"""

from __future__ import annotations

import argparse
import importlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.hostile.attack import Attack
from crosstalk.core.errors import HarnessError
from crosstalk.environment import locate_system
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console

# Name to module; each has `def measure(attack: Attack) -> Mapping[str, float]` and a docstring.
ATTACKS = {
    "bodies": "benchmarks.hostile.bodies",
    "connections": "benchmarks.hostile.connections",
    "fairness": "benchmarks.hostile.fairness",
    "trailers": "benchmarks.hostile.trailers",
    "users": "benchmarks.hostile.users",
}
Figures = Mapping[str, float]


def main() -> int:
    """Run what was asked for."""
    arguments = _arguments()
    console = make_console()
    run = open_run("hostile-inputs")
    found: dict[str, dict[str, Figures]] = {}
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="crosstalk-before-") as folder:
        roots: dict[str, Path | None] = {"now": None}
        if arguments.before:
            roots = {"before": exported(arguments.before, Path(folder)), **roots}
        for name in arguments.names or ATTACKS:
            measure = importlib.import_module(ATTACKS[name]).measure
            for state, root in roots.items():
                place = run.path / name / state
                place.mkdir(parents=True)
                try:
                    found.setdefault(name, {})[state] = measure(Attack(place, root))
                except HarnessError as error:
                    missing.append(f"{name}, {state}: {error}")
                    console.print(f"NOT MEASURED: {missing[-1]}", markup=False, soft_wrap=True)
            run.write_summary({"inputs": found, "missing": missing})
            for line in lines(found.get(name, {})):
                console.print(f"{name}: {line}", markup=False, soft_wrap=True)
    console.print(f"summary.json: {run.path}", markup=False, soft_wrap=True)
    return 1 if missing else 0


def lines(states: Mapping[str, Figures]) -> list[str]:
    """One line a figure, with its value in each state that was measured."""
    names = dict.fromkeys(name for figures in states.values() for name in figures)
    return [
        f"{name}: "
        + ", ".join(
            f"{state} {figures[name]:g}" for state, figures in states.items() if name in figures
        )
        for name in names
    ]


def exported(revision: str, folder: Path) -> Path:
    """The reference system as it was at a revision of this repository.

    Raises:
        HarnessError: There is no such revision, or no repository.
    """
    command = ["git", "-C", str(locate_system()), "archive", revision, "system"]
    try:
        archive = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise HarnessError(
            f"{revision} cannot be read from the repository: name a commit"
        ) from error
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        opened.extractall(folder, filter="data")
    return folder


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.hostile", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument(
        "--before", metavar="REVISION", help="measure this state of system/ as well"
    )
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in ATTACKS:
            parser.error(f"there is no attack {name!r}; there are: {', '.join(ATTACKS)}")
    return arguments


if __name__ == "__main__":
    sys.exit(exit_status("benchmarks.hostile", main))
