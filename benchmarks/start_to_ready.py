"""From nothing to ready: the process environment, against one import of the SDK it cannot avoid.

Warm, that is with bytecode and the database's template there: the first round, which does not
count, makes them. Without the frontend, whose build is another matter.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, Goal, in_turns
from benchmarks.fixture import Stage
from crosstalk.environment import ProcessEnvironment, ProcessOptions
from crosstalk.environment.backends.wiring import clean_environment, package_root

_MOST_ROUNDS = 5
_SECONDS = Goal("most", 5.0)


async def measure(stage: Stage) -> list[Figure]:
    """Seconds until PostgreSQL, issuer, model, MCP server and backend are ready."""

    def start() -> float:
        with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
            began = time.perf_counter()
            with ProcessEnvironment(ProcessOptions(run_folder=Path(folder))):
                return time.perf_counter() - began

    compared = await in_turns(
        "start_to_ready",
        "Five services from nothing to ready, against one bare `import agents`.",
        "s",
        ours=start,
        anchor=_import_the_sdk,
        rounds=min(stage.rounds, _MOST_ROUNDS),
    )
    budget = [_SECONDS.value] * len(compared.ours)
    absolute = replace(
        compared,
        name="start_to_ready_budget",
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
