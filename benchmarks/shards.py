"""Calls a second of campaigns on one machine with 1, 2 and 4 shards: `python -m benchmarks.shards`.

Every shard starts a system of its own, so that shards compete for processors with each other and
with the systems that they verify. Each number of shards has the same seconds; rounds go up and down
(1, 2, 4, 4, 2, 1), so that a drift of the machine affects all alike. The result is a file: rates,
ratios to one shard, and how busy the processors were.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from crosstalk.core.errors import HarnessError
from crosstalk.core.version import harness_version

SHARDS = (1, 2, 4)
# Time ends each campaign, never its calls.
_ENOUGH_CALLS = 200_000
_ACCEPTABLE = (0, 3)


@dataclass(frozen=True, slots=True)
class ShardedRun:
    """A run with a number of shards.

    Attributes:
        shards: Their number.
        calls: Calls that all of them made.
        seconds: Of the longest campaign, from its first call to its verdict.
        busy: Part of all processors' time that was used meanwhile, by whomever, 0 to 1.
        load_before: The machine's load average of a minute, before the start.
    """

    shards: int
    calls: int
    seconds: float
    busy: float
    load_before: float

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


def measured(shards: int, seconds: float, seed: int) -> ShardedRun:
    """Run a campaign against the reference system and return what it took.

    Raises:
        HarnessError: It did not end as a campaign that finds nothing does.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        before = psutil.cpu_times()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "crosstalk", "isolation", "--reference", "--json"),
                *("--shards", str(shards), "--seconds", str(seconds)),
                *("--calls", str(_ENOUGH_CALLS), "--seed", str(seed)),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        after = psutil.cpu_times()
    if done.returncode not in _ACCEPTABLE:
        raise HarnessError(f"{shards} shards ended with {done.returncode}: {done.stderr[-2_000:]}")
    return run_of(shards, json.loads(done.stdout), _busy(before, after), load)


def run_of(shards: int, summary: dict[str, Any], busy: float, load: float) -> ShardedRun:
    """Return a run as its summary tells of it."""
    each = summary.get("campaigns") or [summary]
    longest = max(float(campaign["seconds"]) for campaign in each)
    calls = sum(int(campaign["calls"]) for campaign in each)
    return ShardedRun(shards, calls, longest, busy, load)


def compared(runs: Sequence[ShardedRun]) -> list[dict[str, Any]]:
    """Return a row for each number of shards, with the ratio of its median rate to that of one."""
    rates = {
        number: statistics.median(run.rate for run in runs if run.shards == number)
        for number in sorted({run.shards for run in runs})
    }
    return [
        {
            "shards": number,
            "calls_a_second": round(rate, 1),
            "ratio": round(rate / rates[min(rates)], 2),
            "calls_a_second_of_a_shard": round(rate / number, 1),
            "processors_busy": round(
                statistics.median(run.busy for run in runs if run.shards == number), 2
            ),
            "load_before": [round(run.load_before, 1) for run in runs if run.shards == number],
            "rates": [round(run.rate, 1) for run in runs if run.shards == number],
        }
        for number, rate in rates.items()
    ]


def main() -> int:
    """Measure, and write the file.

    Returns:
        0.
    """
    arguments = _arguments()
    runs: list[ShardedRun] = []
    for number in range(arguments.rounds):
        for shards in SHARDS if number % 2 == 0 else reversed(SHARDS):
            runs.append(measured(shards, arguments.seconds, arguments.seed + number))
            last = runs[-1]
            print(
                f"{last.shards} shards: {last.rate:.1f} calls/s, processors {last.busy:.0%} busy, "
                f"load before {last.load_before:.1f}",
                flush=True,
            )
    rows = compared(runs)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "version": harness_version(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "shards": rows,
    }
    arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(f"{row['shards']} shards: {row['calls_a_second']} calls/s, {row['ratio']} times one")
    print(f"written: {arguments.output}")
    return 0


def _busy(before: Any, after: Any) -> float:
    spent = sum(after) - sum(before)
    idle = (after.idle - before.idle) + (after.iowait - before.iowait)
    return 1.0 - idle / spent if spent else 0.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.shards", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each campaign")
    parser.add_argument("--rounds", type=int, default=2, help="of all numbers of shards")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("docs/shards.json"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
