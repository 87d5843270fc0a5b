"""Start of the process environment until it is ready, against one import of the agents SDK.

Warm: the first round, which does not count, makes bytecode and the database's template. Without the
frontend and its build.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, Goal, alternate
from benchmarks.fixture import Fixture
from crosstalk.environment import ProcessEnvironment, ProcessOptions
from crosstalk.environment.backends.wiring import clean_environment
from crosstalk.environment.parts.sources import package_root

_MOST_ROUNDS = 5
_SECONDS = Goal("most", 5.0)


async def measure(fixture: Fixture) -> list[Figure]:
    """Measure the seconds until PostgreSQL, issuer, model, MCP server and backend are ready."""

    def start() -> float:
        with tempfile.TemporaryDirectory(dir=fixture.folder) as folder:
            began = time.perf_counter()
            with ProcessEnvironment(ProcessOptions(run_folder=Path(folder))):
                return time.perf_counter() - began

    compared = await alternate(
        "start-to-ready",
        "Start of five services until they are ready, against one bare `import agents`.",
        "s",
        ours=start,
        anchor=_import_the_sdk,
        rounds=min(fixture.rounds, _MOST_ROUNDS),
    )
    budget = [_SECONDS.value] * len(compared.ours)
    absolute = replace(
        compared,
        name="start-to-ready-budget",
        what="The same start against its budget of five seconds.",
        anchor=budget,
        ratios=[each / _SECONDS.value for each in compared.ours],
        goal=Goal("most", 1.0),
    )
    return [compared, absolute]


def _import_the_sdk() -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-P", "-c", "import agents"],
        env=clean_environment(package_root("crosstalk")),
        check=True,
    )
    return time.perf_counter() - began
