"""`python -m benchmarks.campaign_growth`: what a call of a campaign costs as things grow.

A campaign runs against a sound REST API in a process of its own, described by its OpenAPI document:
with 10, 50 and 200 operations, and with more and more calls. Measured is the verifier's own
processor time a call, which a slow system does not change. The run's folder gets
`campaign-growth.json`, `.svg` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.campaign_growth.server import USERS
from benchmarks.curves import curves
from benchmarks.served import serving
from crosstalk.core.errors import HarnessError
from crosstalk.environment.parts.sources import package_root
from crosstalk.environment.runtime.exit_status import exit_status
from crosstalk.environment.runtime.ports import free_port
from crosstalk.report.run_folder import open_run

OPERATIONS, CALLS = (10, 50, 200), (500, 1_000, 2_000, 4_000)
# What stays as it is while the other grows.
_CALLS, _OPERATIONS = 2_000, 50
_SECONDS = 600
_TARGET = """\
confirmed = true
[rest]
openapi = "http://127.0.0.1:{port}/openapi.json"
[identity]
by = ["bearer"]
"""


@dataclass(frozen=True, slots=True)
class Point:
    """Cost of one campaign.

    Attributes:
        operations: Of the system.
        calls: That were made.
        processor: Seconds of the verifier's processor, its start left out.
        seconds: From the first call to the verdict.
        verdict: Of the campaign.
    """

    operations: int
    calls: int
    processor: float
    seconds: float
    verdict: str

    @property
    def ms(self) -> float:
        """Milliseconds of the verifier's processor a call."""
        return 1_000 * self.processor / max(1, self.calls)


def measure(folder: Path, operations: int, calls: int) -> Point:
    """Run one campaign.

    Args:
        folder: An empty one, for its files.
        operations: Of the system.
        calls: That it may make.

    Raises:
        HarnessError: The campaign gave no verdict.
        ServerError: The system did not start.
    """
    folder.mkdir(parents=True)
    port = free_port()
    python = [sys.executable, "-m"]
    module = [*python, "benchmarks.campaign_growth.server", str(port), str(operations)]
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(package_root("crosstalk"))])
    environment = {**os.environ, "PYTHONPATH": paths}
    users = "".join(
        f'[users.{each}]\nsubject = "{each}"\ntoken = "{each}-token"\n' for each in USERS
    )
    (folder / "crosstalk.toml").write_text(_TARGET.format(port=port) + users, encoding="utf-8")
    with serving(module, port, folder=root, environment=environment, log=folder / "server.log"):
        started = _processor([*python, "crosstalk", "--version"], folder, environment)
        budget = ["--calls", str(calls), "--seconds", str(_SECONDS), "--seed", "1"]
        campaign = [*python, "crosstalk", "isolation", "--target", "crosstalk.toml", *budget]
        spent = _processor(campaign, folder, environment) - started
    try:
        (summary,) = folder.glob(".crosstalk/runs/*/latest/summary.json")
        told = json.loads(summary.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HarnessError(f"no verdict: see {folder / 'output.log'}") from error
    return Point(operations, told["calls"], round(spent, 3), told["seconds"], told["verdict"])


def _processor(command: Sequence[str], folder: Path, environment: dict[str, str]) -> float:
    """Return the processor seconds of a command and what it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with (folder / "output.log").open("a", encoding="utf-8") as log:
        subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=2 * _SECONDS,
            check=False,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(points: Sequence[Point]) -> str:
    """Return the points as a table in Markdown."""
    lines = [
        "| operations | calls | processor a call, ms | seconds | verdict |",
        "|---:|---:|---:|---:|---|",
    ]
    lines += [
        f"| {each.operations} | {each.calls:,} | {each.ms:.2f} | {each.seconds:.1f} "
        f"| {each.verdict} |"
        for each in points
    ]
    return "\n".join(lines) + "\n"


def picture(points: Sequence[Point]) -> str:
    """Return milliseconds a call by operations and by calls, as SVG.

    Args:
        points: At least one.
    """
    by_operations = [
        (f"operations, {_CALLS:,} calls", each.operations, each.ms)
        for each in points
        if each.calls > _CALLS // 2 and each.calls <= _CALLS
    ]
    by_calls = [
        (f"calls, {_OPERATIONS} operations", each.calls, each.ms)
        for each in points
        if each.operations == _OPERATIONS
    ]
    title = "Processor milliseconds of the verifier a call"
    return curves(title, [*by_operations, *sorted(by_calls, key=lambda each: each[1])])


def main() -> int:
    """Measure, and write the run's files."""
    parser = argparse.ArgumentParser(prog="benchmarks.campaign_growth")
    parser.add_argument("--most", type=int, default=max(CALLS), help="calls of one campaign")
    most = parser.parse_args().most
    run = open_run("campaign-growth")
    wanted = [(each, min(most, _CALLS)) for each in OPERATIONS]
    wanted += [(_OPERATIONS, each) for each in CALLS if each <= most]
    points = []
    for operations, calls in dict.fromkeys(wanted):
        folder = run.path.resolve() / f"{operations}-{calls}"
        points.append(measure(folder, operations, calls))
        print(table(points[-1:]).splitlines()[-1], flush=True)
    run.write("campaign-growth.json", json.dumps([asdict(each) for each in points], indent=1))
    run.write("campaign-growth.svg", picture(points))
    run.write("campaign-growth.md", table(points))
    print(run.path)
    return 0


if __name__ == "__main__":
    sys.exit(exit_status("benchmarks.campaign_growth", main))
